using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace RunnerFleet.Aws;

/// <summary>Options that begin as an object that somebody has filled in, not as a new one.</summary>
internal sealed class GivenOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(
    T given,
    IEnumerable<IConfigureOptions<T>> setups,
    IEnumerable<IPostConfigureOptions<T>> postConfigures,
    IEnumerable<IValidateOptions<T>> validations) : OptionsFactory<T>(setups, postConfigures, validations)
    where T : class
{
    protected override T CreateInstance(string name) => given;
}
