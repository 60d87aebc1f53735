using System.Text.RegularExpressions;

namespace RunnerFleet.Testing.Aws.Ssm;

/// <summary>The parameters of the account, each with its versions (Systems Manager User Guide, Parameter Store).</summary>
internal sealed partial class Parameters(TimeProvider clock, string region, Func<string> account)
{
    private const int MostVersions = 100;
    private const int MostStandard = 4096;
    private const int MostAdvanced = 8192;
    private const int MostLevels = 15;

    private readonly SortedDictionary<string, List<Parameter>> _byName = new(StringComparer.Ordinal);

    public IEnumerable<Parameter> Newest => _byName.Values.Select(versions => versions[^1]);

    public string ArnOf(string name) => $"arn:aws:ssm:{region}:{account()}:parameter/{name.TrimStart('/')}";

    /// <exception cref="AwsStandInException">It cannot be put.</exception>
    public Parameter Put(string name, string? type, string value, bool overwrite, bool isAdvanced)
    {
        Check(name, value, isAdvanced);
        var versions = _byName.GetValueOrDefault(name);
        if (versions is not null && !overwrite)
        {
            throw new AwsStandInException("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.");
        }

        type ??= versions?[^1].Type ?? throw Invalid("A parameter type is required when you create a parameter.");
        if (type is not ("String" or "StringList" or "SecureString"))
        {
            throw new AwsStandInException("UnsupportedParameterType", $"The parameter type {type} is not supported.");
        }

        var next = new Parameter(name, type, value, (versions?[^1].Version ?? 0) + 1, clock.GetUtcNow());
        _byName[name] = [.. (versions ?? []).TakeLast(MostVersions - 1), next];
        return next;
    }

    public bool Remove(string name) => _byName.Remove(name);

    /// <summary>Finds a parameter by its name or ARN, with or without <c>:version</c>.</summary>
    /// <exception cref="AwsStandInException">There is none.</exception>
    public (Parameter Parameter, string? Selector) Get(string wanted)
    {
        var prefix = $"arn:aws:ssm:{region}:{account()}:parameter";
        var name = wanted.StartsWith(prefix, StringComparison.Ordinal) ? wanted[prefix.Length..] : wanted;
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        var selector = colon < 0 ? null : name[colon..];
        name = colon < 0 ? name : name[..colon];
        if (name.Length == 0 || !NameGrammar().IsMatch(name))
        {
            throw Invalid($"Invalid parameter name {wanted}.");
        }

        // The ARN of a name without a path has a slash that the name has not.
        var versions = _byName.GetValueOrDefault(name) ?? (name == wanted ? null : _byName.GetValueOrDefault(name[1..])) ?? throw new AwsStandInException("ParameterNotFound", $"Parameter {wanted} not found.");
        var parameter = selector is null ? versions[^1] : versions.Find(version => FormattableString.Invariant($":{version.Version}") == selector);
        return (parameter ?? throw new AwsStandInException("ParameterVersionNotFound", $"Systems Manager could not find version {selector![1..]} of {name}. Verify the version and try again."), selector);
    }

    private static void Check(string name, string value, bool isAdvanced)
    {
        if (name.Length is 0 or > 1011 || !NameGrammar().IsMatch(name) || (name.Contains('/', StringComparison.Ordinal) && name[0] != '/') || ReservedPrefix().IsMatch(name))
        {
            throw Invalid($"The parameter name {name} is not valid: it takes a-z, A-Z, 0-9, '.', '-', '_' and '/', begins with '/' where it has one, and with neither aws nor ssm.");
        }

        if (name.Count(character => character == '/') > MostLevels)
        {
            throw new AwsStandInException("HierarchyLevelLimitExceededException", $"A hierarchy can have a maximum of {MostLevels} levels.");
        }

        if (value.Length == 0)
        {
            throw Invalid("1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.");
        }

        if (value.Length > (isAdvanced ? MostAdvanced : MostStandard))
        {
            throw Invalid(isAdvanced ? "Advanced tier parameters support a maximum parameter value of 8192 characters."
                : "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.");
        }
    }

    private static AwsStandInException Invalid(string message) => new("ValidationException", message);

    [GeneratedRegex(@"\A[a-zA-Z0-9_.\-/]+\z")]
    private static partial Regex NameGrammar();

    [GeneratedRegex(@"\A/?(aws|ssm)", RegexOptions.IgnoreCase)]
    private static partial Regex ReservedPrefix();
}
