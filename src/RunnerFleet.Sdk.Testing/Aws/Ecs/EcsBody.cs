using System.Globalization;
using System.Text.Json;

namespace RunnerFleet.Testing.Aws;

/// <summary>What ECS's requests have besides, and how ECS refuses them.</summary>
internal static class EcsBody
{
    /// <summary>A size, which ECS takes as text.</summary>
    public static int? Size(this JsonElement value, string name) => value.Text(name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size
        : throw Invalid($"Invalid '{name}' setting for task.");

    public static AwsStandInException Invalid(string message) => new("InvalidParameterException", message);

    public static AwsStandInException Client(string message) => new("ClientException", message);
}
