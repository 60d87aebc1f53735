using Microsoft.Extensions.Options;

namespace RunnerFleet;

/// <summary>Checks each setting by itself, by the attributes of <see cref="RunnerFleetOptions"/>; the code is generated. <see cref="RunnerFleetOptionsRules"/> checks what attributes cannot say.</summary>
[OptionsValidator]
internal sealed partial class RunnerFleetOptionsValidator : IValidateOptions<RunnerFleetOptions>;

/// <summary>Checks one runner class. Its messages begin after the class's path, which only <see cref="RunnerFleetOptionsRules"/> knows.</summary>
[OptionsValidator]
internal sealed partial class RunnerClassOptionsValidator : IValidateOptions<RunnerClassOptions>;
