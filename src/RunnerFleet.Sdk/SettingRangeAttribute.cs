using System.ComponentModel.DataAnnotations;

namespace RunnerFleet;

/// <summary>A <see cref="RangeAttribute"/> that keeps its message: the options generator replaces the plain one by a copy that forgets <see cref="ValidationAttribute.ErrorMessage"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingRangeAttribute : RangeAttribute
{
    public SettingRangeAttribute(int minimum, int maximum) : base(minimum, maximum) { }

    public SettingRangeAttribute(double minimum, double maximum) : base(minimum, maximum) { }
}
