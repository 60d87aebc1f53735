#!/usr/bin/env python3
"""Reads what `terraform test -json -verbose` wrote and judges the IAM policies and Lambda environments in it as AWS would get them.

    .ci/terraform-lint.py [--whole-fleet] RENDERED...   one line for each finding; exit 1 when there is one
    .ci/terraform-lint.py --tests RENDERED...           what Terraform's own tests found; exit 1 when one failed
    .ci/terraform-lint.py --self-test RENDERED...       plants faults in these policies, each of which must be found
    .ci/terraform-lint.py --sources FOLDER...           each policy on `*` in a *.tf file has a comment that says why

--whole-fleet also asks that the policies of a control plane are there at all: a lint of nothing finds nothing.
Which actions exist and what they take is known where cfn-lint is installed (`pip install cfn-lint`); all else needs Python only.
"""
import copy
import json
import pathlib
import re
import sys

# AWS takes no narrower resource for these: https://docs.aws.amazon.com/service-authorization/latest/reference/
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken": "signs in to the registry, not to one repository",
    "ecs:DescribeTaskDefinition": "takes no resource",
    "ecs:DeregisterTaskDefinition": "takes no resource",
    "ecs:ListTasks": "takes the cluster as condition",
    "ecs:ListTaskDefinitions": "takes no resource",
    "ecs:ListTaskDefinitionFamilies": "takes no resource",
    "cloudwatch:PutMetricData": "takes the namespace as condition",
    "xray:PutTraceSegments": "takes no resource",
    "xray:PutTelemetryRecords": "takes no resource",
    "ec2:DescribeDhcpOptions": "takes no resource",
    "ec2:DescribeNetworkInterfaces": "takes no resource",
    "ec2:DescribeSecurityGroups": "takes no resource",
    "ec2:DescribeSubnets": "takes no resource",
    "ec2:DescribeVpcs": "takes no resource",
    # Lambda and CodeBuild make and remove interfaces whose ids nobody knows before.
    "ec2:AssignPrivateIpAddresses": "the interface is made later",
    "ec2:CreateNetworkInterface": "the interface is made later",
    "ec2:DeleteNetworkInterface": "the interface is made later",
    "ec2:UnassignPrivateIpAddresses": "the interface is made later",
}
MANAGED = {"AmazonECSTaskExecutionRolePolicy", "AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole", "AWSXRayDaemonWriteAccess"}
# These take `*` only with one of these condition keys.
CONDITIONED = {"ecs:ListTasks": "ecs:cluster", "cloudwatch:PutMetricData": "cloudwatch:namespace"}
IDENTITY = {"aws_iam_policy", "aws_iam_role_policy", "aws_iam_user_policy", "aws_iam_group_policy"}
OPERATOR = re.compile(
    r"^(ForAllValues:|ForAnyValue:)?(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Arn(Not)?Equals|Arn(Not)?Like|Bool|BinaryEquals|(Not)?IpAddress"
    r"|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?)(IfExists)?$|^Null$")
SECRET_NAME = re.compile(r"(token|secrets?|password|credentials?|(^|claim_?|api_?|private_?|access_?)keys?|(^|_)pat)$", re.I)  # of the last part of a name
SECRET_VALUE = re.compile(r"gh[pousr]_\w{8}|github_pat_|-----BEGIN|AKIA[0-9A-Z]{12}|^[0-9a-f]{32,}$|^[A-Za-z0-9+/]{40,}={0,2}$")
REFERENCE = re.compile(r"^(ssm:|secretsmanager:|arn:aws[\w-]*:(ssm|secretsmanager):)")


def records(files):
    for file in files:
        for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
            if line.startswith('{"@'):
                yield json.loads(line)


def rendered(files):
    """Each resource and each output that a test planned or applied, once for each of its contents."""
    seen, found = set(), []

    def add(address, kind, values, sensitive):
        key = json.dumps([address, values], sort_keys=True)
        if values and key not in seen:
            seen.add(key)
            found.append({"address": address, "type": kind, "values": values, "sensitive": sensitive or {}})

    def walk(module):
        for resource in module.get("resources", []):
            if resource.get("mode") == "managed":
                add(resource["address"], resource["type"], resource.get("values"), resource.get("sensitive_values"))
        for child in module.get("child_modules", []):
            walk(child)

    for record in records(files):
        state, plan = record.get("test_state") or {}, record.get("test_plan") or {}
        walk(state.get("root_module") or {})
        for change in plan.get("resource_changes", []):
            if change.get("mode") == "managed":
                add(change["address"], change["type"], change["change"].get("after"), change["change"].get("after_sensitive"))
        for name, output in (state.get("outputs") or {}).items():
            add(f"output.{name}", "output", {"value": output.get("value")}, {"value": output.get("sensitive")})
        for name, change in (plan.get("output_changes") or {}).items():
            add(f"output.{name}", "output", {"value": change.get("after")}, {"value": change.get("after_sensitive")})
    return found


def many(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def conditions(statement):
    """Condition key, in lower case, to the values asked for."""
    return {key.lower(): many(value) for keys in (statement.get("Condition") or {}).values() for key, value in keys.items()}


def is_whole(resource):
    """Whether an ARN leaves open which one of a kind is meant: `*`, or a kind followed by nothing but stars."""
    parts = resource.split(":", 5)
    return resource == "*" or (len(parts) == 6 and parts[0] == "arn" and not re.sub(r"^[\w-]+[/:]", "", parts[5]).strip("*/:"))


class Actions:
    """The actions of AWS and the ARNs they take, as cfn-lint brings them along."""

    def __init__(self):
        try:
            import cfnlint
            self.services = json.loads((pathlib.Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_text(encoding="utf-8"))
        except (ImportError, OSError):
            self.services = None

    def problem(self, action, resources):
        if self.services is None or "*" in action or ":" not in action:
            return None
        service, name = action.lower().split(":", 1)
        known = self.services.get(service, {})
        if name not in known.get("Actions", {}):
            return "unknown-action", f"{action} is no action of AWS"
        kinds = known["Actions"][name].get("Resources", [])
        takes = [self.kind(f) for kind in kinds for f in known["Resources"].get(kind, {}).get("ARNFormats", [])]
        arns = [r for r in resources if r.startswith("arn:")]
        if arns and takes and not any(self.kind(r) == t or t == (self.kind(r)[0], None) for t in takes for r in arns):
            return "wrong-resource", f"{action} takes a {' or '.join(kinds)}, not {', '.join(arns)}: it would never be allowed"
        if arns and not kinds:
            return "wrong-resource", f"{action} takes no resource but *: it would never be allowed"
        return None

    @staticmethod
    def kind(arn):
        """The service of an ARN and the word before the name: (ecs, task-definition); none for a queue, whose ARN has a name only."""
        parts = arn.split(":", 5)
        word = re.match(r"([a-z-]+)[/:]", parts[-1])
        return parts[2], word and word.group(1)


def identity(document, actions):
    for number, statement in enumerate(many(document.get("Statement")), 1):
        for rule, what in allowed(statement, actions):
            yield rule, f"statement {statement.get('Sid') or number}: {what}"


def allowed(statement, actions):
    asked, granted, resources = conditions(statement), many(statement.get("Action")), many(statement.get("Resource"))
    unknown = set(statement) - {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    if statement.get("Effect") not in ("Allow", "Deny") or unknown or not (granted or "NotAction" in statement) or not (resources or "NotResource" in statement):
        yield "malformed", f"Effect, Action and Resource are needed, and nothing but Sid and Condition besides; it has {', '.join(statement)}"
        return
    for operator in statement.get("Condition") or {}:
        if not OPERATOR.match(operator):
            yield "unknown-operator", f"{operator} is no condition operator"
    for action in granted:
        if problem := actions.problem(action, resources):
            yield problem
    if statement["Effect"] == "Deny":
        return
    if "NotAction" in statement or "NotResource" in statement:
        yield "all-but", "allows all but what it names"
        return

    for action in granted:
        service, _, name = action.partition(":")
        if name.endswith("*") and not name.rstrip("*") or service == "*":
            yield "any-action", f"allows {action}"
        elif "*" in name:
            yield "any-action", f"allows {action}: name the actions"
        if service == "iam" and name != "PassRole":
            yield "iam", f"allows {action}: no function of a fleet changes roles"
        if action in ("ecs:ExecuteCommand", "sts:AssumeRole", "lambda:InvokeFunction", "lambda:UpdateFunctionCode"):
            yield "never", f"allows {action}, which no part of a fleet needs"
        for resource in filter(is_whole, resources):
            if resource != "*" or action not in WITHOUT_RESOURCE:
                yield "any-resource", f"allows {action} on {resource}"
            elif action in CONDITIONED and not any(asked.get(CONDITIONED[action], [])):
                yield "no-condition", f"allows {action} without {CONDITIONED[action]}"
        for resource in resources:
            if not resource.startswith("arn:") and resource != "*":
                yield "no-arn", f"{action} on '{resource}', which is no ARN (a mock without defaults cannot be judged)"
    yield from passes_roles(granted, resources, asked)
    yield from runs_tasks(granted, resources, asked)


def passes_roles(granted, resources, asked):
    if "iam:PassRole" not in granted:
        return
    for resource in resources:
        if "*" in resource or ":role/" not in resource:
            yield "pass-role", f"iam:PassRole on {resource}: name the role"
    services = asked.get("iam:passedtoservice", [])
    if not services or any("*" in s for s in services):
        yield "pass-role", "iam:PassRole without iam:PassedToService"


def runs_tasks(granted, resources, asked):
    clusters = asked.get("ecs:cluster", [])
    named = clusters and all(":cluster/" in c and not is_whole(c) for c in clusters)
    tagged = any(key.startswith("aws:resourcetag/") for key in asked)
    if "ecs:RunTask" in granted:
        for resource in resources:
            if ":task-definition/" not in resource:
                yield "run-task", f"ecs:RunTask on {resource}: its resource is the task definition, the cluster is a condition"
        if not named:
            yield "run-task", "ecs:RunTask without the condition ecs:cluster"
    if "ecs:StopTask" in granted and not tagged:
        yield "stop-task", "ecs:StopTask without a condition on the fleet's tag: it would stop the tasks of others"
    if "ecs:TagResource" in granted and "ecs:createaction" not in asked:
        yield "tag", "ecs:TagResource without ecs:CreateAction: tags are what StopTask trusts"


def trust(document):
    for statement in many(document.get("Statement")):
        principal = statement.get("Principal")
        if statement.get("Effect") == "Allow" and (principal == "*" or "*" in many((principal or {}).get("AWS"))):
            yield "anyone", "anyone may use it"


def open_to_all(document):
    for statement in many(document.get("Statement")):
        if statement.get("Effect") == "Allow" and not statement.get("Condition"):
            yield from trust({"Statement": statement})


def is_digest(name, value):
    """The checksum of a download is published, and looks as a secret does."""
    return name.upper().endswith("_SHA256") and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_secret(name):
    return SECRET_NAME.search([part for part in name.split("__") if not part.isdigit()][-1]) is not None


def environment(values, sensitive):
    for block, marks in zip(many(values.get("environment")), many(sensitive.get("environment")) or [{}]):
        marked = (marks or {}).get("variables") if isinstance(marks, dict) else marks
        for name, value in (block.get("variables") or {}).items():
            value = str(value or "")
            if marked is True or isinstance(marked, dict) and marked.get(name):
                yield "secret", f"{name} has a sensitive value"
            elif SECRET_VALUE.search(value) and not REFERENCE.match(value):
                yield "secret", f"the value of {name} looks like a secret"
            elif is_secret(name) and value and not REFERENCE.match(value):
                yield "secret", f"{name} holds a value, and not where it is kept (ssm:… or secretsmanager:…)"


def build_environment(values):
    for block in many(values.get("environment")):
        for variable in many(block.get("environment_variable")):
            if variable.get("type") in (None, "PLAINTEXT") and (is_secret(variable["name"]) or (SECRET_VALUE.search(str(variable.get("value") or "")) and not is_digest(variable["name"], str(variable["value"])))):
                yield "secret", f"{variable['name']} of the build holds a secret in clear"


def document(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def findings(resources, actions):
    for resource in resources:
        for rule, what in judge(resource, actions):
            yield rule, f"{resource['address']}: {what}"


def judge(resource, actions):
    kind, values = resource["type"], resource["values"]
    policy = document(values["policy"]) if isinstance(values.get("policy"), str) else None
    if isinstance(values.get("policy"), str) and policy is None and kind != "aws_ecr_lifecycle_policy":
        yield "malformed", "its policy is no JSON (a mock does not render aws_iam_policy_document: use jsonencode)"
    elif kind in IDENTITY and policy:
        yield from identity(policy, actions)
    elif kind.endswith("_policy") and policy:
        yield from open_to_all(policy)
    if kind == "aws_iam_role":
        if assume := document(values.get("assume_role_policy") or ""):
            yield from trust(assume)
        for inline in many(values.get("inline_policy")):
            if inline.get("policy"):
                yield from identity(json.loads(inline["policy"]), actions)
        for arn in many(values.get("managed_policy_arns")):
            yield from managed(arn)
    if kind == "aws_iam_role_policy_attachment":
        yield from managed(values.get("policy_arn"))
    if kind == "aws_lambda_function":
        yield from environment(values, resource["sensitive"])
    if kind == "aws_codebuild_project":
        yield from build_environment(values)
    if kind == "output" and resource["sensitive"].get("value") is True:
        yield "secret", "an output holds a sensitive value"


def managed(arn):
    if ":aws:policy/" in (arn or "") and arn.rsplit("/", 1)[1] not in MANAGED:
        yield "managed-policy", f"attaches {arn}, which allows more than a fleet needs"


def statements(resources):
    """Each statement of an identity policy with a function that puts the changed policy back."""
    for resource in resources:
        if resource["type"] in IDENTITY and (policy := document(resource["values"].get("policy") or "")):
            for statement in many(policy.get("Statement")):
                yield resource, policy, statement


def missing(resources):
    granted = {action for _, _, statement in statements(resources) for action in many(statement.get("Action"))}
    kinds = {resource["type"] for resource in resources}
    for action in ("ecs:RunTask", "ecs:StopTask", "iam:PassRole", "dynamodb:UpdateItem", "codebuild:StartBuild"):
        if action not in granted:
            yield "nothing-seen", f"no test renders a policy with {action}"
    if "aws_lambda_function" not in kinds:
        yield "nothing-seen", "no test renders a Lambda function"


def faults():
    """What each planted fault is called, the rule that must find it, and how it is planted: False when there is no place for it."""

    def at(action, change):
        def plant(resources):
            for resource, policy, statement in statements(resources):
                if statement.get("Effect") == "Allow" and (action is None or action in many(statement.get("Action"))):
                    change(statement)
                    resource["values"]["policy"] = json.dumps(policy)
                    return True
            return False
        return plant

    def variable(name, value, sensitive=False):
        def plant(resources):
            for resource in resources:
                if resource["type"] == "aws_lambda_function" and many(resource["values"].get("environment")):
                    (many(resource["values"]["environment"])[0].setdefault("variables", None) or {}).update({name: value})
                    if sensitive:
                        resource["sensitive"] = {**resource["sensitive"], "environment": [{"variables": {name: True}}]}
                    return True
            return False
        return plant

    def more(**resource):
        return lambda resources: resources.append({"address": "planted.fault", "sensitive": {}, **resource}) is None  # append returns None

    return [
        ("every action", "any-action", at(None, lambda s: s.update(Action="*"))),
        ("every action of a service", "any-action", at("dynamodb:UpdateItem", lambda s: s.update(Action=["dynamodb:*"]))),
        ("every resource", "any-resource", at("dynamodb:UpdateItem", lambda s: s.update(Resource="*"))),
        ("every table", "any-resource", at("dynamodb:UpdateItem", lambda s: s.update(Resource=["arn:aws:dynamodb:us-east-1:123456789012:table/*"]))),
        ("all actions but one", "all-but", at(None, lambda s: (s.pop("Action"), s.update(NotAction="iam:CreateUser")))),
        ("PassRole on every role", "pass-role", at("iam:PassRole", lambda s: s.update(Resource="*"))),
        ("PassRole on roles by prefix", "pass-role", at("iam:PassRole", lambda s: s.update(Resource=["arn:aws:iam::123456789012:role/fleet-*"]))),
        ("PassRole to any service", "pass-role", at("iam:PassRole", lambda s: s.pop("Condition"))),
        ("RunTask on the cluster", "run-task", at("ecs:RunTask", lambda s: s.update(Resource="arn:aws:ecs:us-east-1:123456789012:cluster/fleet"))),
        ("RunTask in any cluster", "run-task", at("ecs:RunTask", lambda s: s.pop("Condition"))),
        ("StopTask on the tasks of others", "stop-task", at("ecs:StopTask", lambda s: s.pop("Condition"))),
        ("a right to change roles", "iam", at("iam:PassRole", lambda s: s.update(Action=["iam:PassRole", "iam:PutRolePolicy"]))),
        ("a condition that is none", "unknown-operator", at("ecs:RunTask", lambda s: s.update(Condition={"ArnEqual": next(iter(s["Condition"].values()))}))),
        ("a statement without a resource", "malformed", at(None, lambda s: s.pop("Resource"))),
        ("an action misspelt", "unknown-action", at("ecs:RunTask", lambda s: s.update(Action=many(s["Action"]) + ["ecs:RunTasks"]))),
        ("an ARN of another kind", "wrong-resource", at("dynamodb:UpdateItem", lambda s: s.update(Resource=["arn:aws:sqs:us-east-1:123456789012:queue"]))),
        ("a token in Lambda's environment", "secret", variable("RunnerFleet__GitHub__Token", "ghp_0123456789012345678901234567890123456")),
        ("a secret under another name", "secret", variable("RunnerFleet__Note", "0123456789abcdef0123456789abcdef")),
        ("a secret of a few letters", "secret", variable("RunnerFleet__GitHub__WebhookSecret", "hunter2")),
        ("a sensitive variable in Lambda's environment", "secret", variable("RunnerFleet__Note", "x", sensitive=True)),
        ("a sensitive output", "secret", more(type="output", values={"value": "x"}, sensitive={"value": True})),
        ("an administrator", "managed-policy", more(type="aws_iam_role_policy_attachment", values={"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"})),
        ("a queue open to all", "anyone", more(type="aws_sqs_queue_policy", values={"policy": json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]})})),
        ("a role for anyone", "anyone", more(type="aws_iam_role", values={"assume_role_policy": json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}})})),
    ]


def self_test(resources, actions):
    clean = set(findings(resources, actions))
    passed = failed = skipped = 0
    for name, rule, plant in faults():
        if rule in ("unknown-action", "wrong-resource") and actions.services is None:
            print(f"skipped: {name}: cfn-lint is not installed")
            skipped += 1
            continue
        planted = copy.deepcopy(resources)
        there = plant(planted)
        found = set(findings(planted, actions)) - clean
        if there and any(r == rule for r, _ in found):
            passed += 1
        else:
            print(f"failed: {name}: " + (f"the rule {rule} did not find it" if there else "no policy has a place for it"))
            failed += 1
    return passed, failed, skipped


def tests(files):
    passed = failed = 0
    for record in records(files):
        run = record.get("test_run") or {}
        if record.get("type") == "test_run" and run.get("progress") == "complete":
            if run.get("status") == "pass":
                passed += 1
            elif run.get("status") != "skip":
                failed += 1
                print(f"failed: {record.get('@testfile')}: {run.get('run')}")
        elif record.get("type") == "diagnostic" and record["diagnostic"].get("severity") == "error":
            at = record["diagnostic"].get("range") or {}
            print(f"  {at.get('filename', '')}:{(at.get('start') or {}).get('line', '')} {record['diagnostic'].get('summary')} {record['diagnostic'].get('detail') or ''}".rstrip())
    return passed, failed, 0


def sources(folders):
    failed = 0
    for file in sorted(file for folder in folders for file in pathlib.Path(folder).rglob("*.tf")):
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.search(r'\b[Rr]esources?"?\s*[=:]\s*\[?\s*"\*"', line) and not any("#" in near for near in lines[max(0, number - 4):number + 1]):
                print(f"failed: {file}:{number + 1}: a policy on * and no comment that says why")
                failed += 1
    return (0 if failed else 1), failed, 0


def main(arguments):
    options, files = [a for a in arguments if a.startswith("--")], [a for a in arguments if not a.startswith("--")]
    if not files or set(options) - {"--whole-fleet", "--tests", "--self-test", "--sources"}:
        sys.exit(__doc__)
    if "--tests" in options:
        counts = tests(files)
    elif "--sources" in options:
        counts = sources(files)
    elif "--self-test" in options:
        counts = self_test(rendered(files), Actions())
    else:
        resources, actions = rendered(files), Actions()
        if actions.services is None:
            print("cfn-lint is not installed: actions and the ARNs they take are not looked up.")
        found = sorted(set(findings(resources, actions)) | set(missing(resources) if "--whole-fleet" in options else []))
        for rule, what in found:
            print(f"failed: {rule}: {what}")
        policies = sum(1 for _ in statements(resources))
        print(f"{policies} statements of {len(resources)} resources judged.")
        counts = (0 if found else 1), len(found), 0
    print("{} passed, {} failed, {} skipped".format(*counts))
    sys.exit(1 if counts[1] else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
