using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace RunnerFleet.Packaging.Tests.Architecture;

/// <summary>Which type mentions which, read from an assembly: in signatures, in attributes and in the bodies of methods.</summary>
internal static class Dependencies
{
    /// <summary>Every pair of a type of ours, without the compiler's additions, and a type that it mentions.</summary>
    public static IReadOnlyList<(TypeReference From, TypeReference To)> Of(string assemblyPath)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(assemblyPath);
        return [.. assembly.MainModule.GetAllTypes()
            .Where(type => !Outermost(type).Name.StartsWith('<'))
            .SelectMany(type => MentionsOf(type).SelectMany(Parts).Select(to => (From: (TypeReference)Outermost(type), To: Outermost(to))))
            .DistinctBy(pair => (pair.From.FullName, pair.To.FullName))];
    }

    private static IEnumerable<TypeReference?> MentionsOf(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(i => i.InterfaceType),
        .. type.GenericParameters.SelectMany(g => g.Constraints).Select(c => c.ConstraintType),
        .. type.Fields.Select(f => f.FieldType),
        .. type.Properties.Select(p => p.PropertyType),
        .. type.Events.Select(e => e.EventType),
        .. type.Methods.SelectMany(MentionsOf),
        .. type.CustomAttributes.Concat(type.Fields.SelectMany(f => f.CustomAttributes)).Concat(type.Properties.SelectMany(p => p.CustomAttributes)).SelectMany(MentionsOf),
    ];

    private static IEnumerable<TypeReference?> MentionsOf(MethodDefinition method) =>
    [
        method.ReturnType,
        .. method.Parameters.Select(p => p.ParameterType),
        .. method.GenericParameters.SelectMany(g => g.Constraints).Select(c => c.ConstraintType),
        .. method.CustomAttributes.SelectMany(MentionsOf),
        .. method.HasBody ? method.Body.Variables.Select(v => v.VariableType) : [],
        .. method.HasBody ? method.Body.ExceptionHandlers.Select(h => h.CatchType) : [],
        .. method.HasBody ? method.Body.Instructions.SelectMany(MentionsOf) : [],
    ];

    private static IEnumerable<TypeReference?> MentionsOf(CustomAttribute attribute) =>
        [attribute.AttributeType, .. attribute.ConstructorArguments.Select(a => a.Value as TypeReference)];

    private static IEnumerable<TypeReference?> MentionsOf(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        MethodReference method =>
        [
            method.DeclaringType,
            method.ReturnType,
            .. method.Parameters.Select(p => p.ParameterType),
            .. method is GenericInstanceMethod generic ? generic.GenericArguments : [],
        ],
        _ => [],
    };

    /// <summary>The named types within arrays, references and generic arguments.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => Parts(generic.ElementType).Concat(generic.GenericArguments.SelectMany(Parts)),
        IModifierType modified => Parts(modified.ElementType).Concat(Parts(modified.ModifierType)),
        TypeSpecification other => Parts(other.ElementType),
        _ => [type],
    };

    private static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type;
    }
}
