using System.Text.Json;

namespace RunnerFleet.Testing.Aws.DynamoDb.Expressions;

/// <summary>The expressions of one request, or of one action of it, with what their placeholders stand for.</summary>
internal sealed class RequestExpressions
{
    private readonly Call _call;
    private readonly ExpressionCache _cache;
    private readonly HashSet<string> _usedNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _usedValues = new(StringComparer.Ordinal);
    private bool _isUsed;

    public RequestExpressions(Call call, ExpressionCache cache)
    {
        _call = call;
        _cache = cache;
        Scope = new(ReadNames(call), ReadValues(call));
    }

    public Scope Scope { get; }

    public Condition? Condition(string what)
    {
        var condition = Get(what)?.Root as Condition;
        condition?.Check(what, Scope);
        return condition;
    }

    /// <summary>The attributes that an expression mentions.</summary>
    public IEnumerable<string> Mentioned(string what) => Get(what)?.Paths.Select(path => path.Top(Scope)) ?? [];

    public Update? Update()
    {
        var update = Get("UpdateExpression")?.Root as Update;
        update?.Check(Scope);
        return update;
    }

    public Projection? Projection()
    {
        var projection = Get("ProjectionExpression")?.Root as Projection;
        projection?.Check(Scope);
        return projection;
    }

    /// <summary>Refuses placeholders that no expression has mentioned.</summary>
    public void RefuseUnused()
    {
        Refuse("ExpressionAttributeNames", Scope.Names.Keys.Except(_usedNames));
        Refuse("ExpressionAttributeValues", Scope.Values.Keys.Except(_usedValues));

        void Refuse(string what, IEnumerable<string> unused)
        {
            if (_call.Has(what) && !_isUsed)
            {
                throw Refusal.Invalid($"{what} can only be specified when using expressions");
            }

            if (unused.ToList() is { Count: > 0 } keys)
            {
                throw Refusal.Invalid($"Value provided in {what} unused in expressions: keys: {{{string.Join(", ", keys)}}}");
            }
        }
    }

    private Parsed? Get(string what)
    {
        if (_call.OptionalText(what) is not { } text)
        {
            return null;
        }

        var parsed = _cache.Get(what, text);
        if (parsed.Names.FirstOrDefault(name => !Scope.Names.ContainsKey(name)) is { } noName)
        {
            throw Refusal.Invalid($"Invalid {what}: An expression attribute name used in the document path is not defined; attribute name: {noName}");
        }

        if (parsed.Values.FirstOrDefault(value => !Scope.Values.ContainsKey(value)) is { } noValue)
        {
            throw Refusal.Invalid($"Invalid {what}: An expression attribute value used in expression is not defined; attribute value: {noValue}");
        }

        _usedNames.UnionWith(parsed.Names);
        _usedValues.UnionWith(parsed.Values);
        _isUsed = true;
        return parsed;
    }

    private static Dictionary<string, string> ReadNames(Call call)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Members(call, "ExpressionAttributeNames", '#'))
        {
            names[name.Name] = name.Value.GetString() is { Length: > 0 } text ? text : throw Refusal.Invalid($"ExpressionAttributeNames contains invalid value: Empty attribute name for key {name.Name}");
        }

        return names;
    }

    private static Dictionary<string, Value> ReadValues(Call call)
    {
        var values = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var value in Members(call, "ExpressionAttributeValues", ':'))
        {
            values[value.Name] = ValueJson.Read(value.Value);
        }

        return values;
    }

    private static IEnumerable<JsonProperty> Members(Call call, string what, char first)
    {
        if (!call.Has(what))
        {
            yield break;
        }

        var isEmpty = true;
        foreach (var member in call.Get(what).EnumerateObject())
        {
            isEmpty = false;
            yield return member.Name.Length > 1 && member.Name[0] == first && member.Name.Skip(1).All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
                ? member
                : throw Refusal.Invalid($"{what} contains invalid key: Syntax error; key: \"{member.Name}\"");
        }

        if (isEmpty)
        {
            throw Refusal.Invalid($"{what} must not be empty");
        }
    }
}
