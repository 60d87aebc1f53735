using System.Text.Json.Serialization;

namespace RunnerFleet.Sweeping;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CallBudgetState))]
[JsonSerializable(typeof(Turn))]
[JsonSerializable(typeof(Redelivery))]
internal sealed partial class SweepJson : JsonSerializerContext;
