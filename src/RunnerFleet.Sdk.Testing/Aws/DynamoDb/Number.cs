using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace RunnerFleet.Testing.Aws.DynamoDb;

/// <summary>A decimal number of up to 38 digits between 1E-130 and 9.99E+125, which is more than <see cref="decimal"/> holds.</summary>
internal readonly partial struct Number : IEquatable<Number>, IComparable<Number>
{
    private const int MostDigits = 38;

    // Without trailing zeros, so that equal numbers have equal parts.
    private readonly BigInteger _digits;
    private readonly int _exponent;

    private Number(BigInteger digits, int exponent)
    {
        while (!digits.IsZero && digits % 10 == 0)
        {
            digits /= 10;
            exponent++;
        }

        _digits = digits;
        _exponent = digits.IsZero ? 0 : exponent;
        var length = Length;
        if (length > MostDigits)
        {
            throw Refusal.Invalid("Attempting to store more than 38 significant digits in a Number");
        }

        if (!_digits.IsZero && length + _exponent > 126)
        {
            throw Refusal.Invalid("Number overflow. Attempting to store a number with magnitude larger than supported range");
        }

        if (!_digits.IsZero && length + _exponent < -129)
        {
            throw Refusal.Invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range");
        }
    }

    /// <summary>One byte for each two digits and one more, as AWS counts (Developer Guide, "Item sizes and formats").</summary>
    public int Size => 1 + ((Length + 1) / 2) + (_digits.Sign < 0 ? 1 : 0);

    private int Length => _digits.IsZero ? 1 : BigInteger.Abs(_digits).ToString(CultureInfo.InvariantCulture).Length;

    /// <exception cref="AwsStandInException">The text is no number, or one that DynamoDB cannot hold.</exception>
    public static Number Parse(string text)
    {
        if (text.Length < 19 && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return new(whole, 0);
        }

        var match = Shape().Match(text);
        if (!match.Success || match.Groups["whole"].Length + match.Groups["part"].Length == 0 || text.Length > 400)
        {
            throw Refusal.Invalid($"The parameter cannot be converted to a numeric value: {text}");
        }

        var part = match.Groups["part"].Value;
        var digits = BigInteger.Parse("0" + match.Groups["whole"].Value + part, CultureInfo.InvariantCulture);
        var exponent = match.Groups["exponent"] is { Success: true } given ? int.Parse(given.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        return new(match.Groups["sign"].Value == "-" ? -digits : digits, exponent - part.Length);
    }

    public static Number operator +(Number a, Number b)
    {
        var exponent = Math.Min(a._exponent, b._exponent);
        return new(a.Scaled(exponent) + b.Scaled(exponent), exponent);
    }

    public static Number operator -(Number a, Number b) => a + new Number(-b._digits, b._exponent);

    public int CompareTo(Number other)
    {
        var exponent = Math.Min(_exponent, other._exponent);
        return Scaled(exponent).CompareTo(other.Scaled(exponent));
    }

    public bool Equals(Number other) => _digits == other._digits && _exponent == other._exponent;

    public override bool Equals(object? obj) => obj is Number other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_digits, _exponent);

    public override string ToString()
    {
        var digits = BigInteger.Abs(_digits).ToString(CultureInfo.InvariantCulture);
        var sign = _digits.Sign < 0 ? "-" : "";
        return _exponent switch
        {
            0 => sign + digits,
            > 0 and <= MostDigits => sign + digits + new string('0', _exponent),
            < 0 when digits.Length + _exponent > 0 => $"{sign}{digits[..(digits.Length + _exponent)]}.{digits[(digits.Length + _exponent)..]}",
            < 0 and >= -MostDigits => $"{sign}0.{new string('0', -_exponent - digits.Length)}{digits}",
            _ => string.Create(CultureInfo.InvariantCulture, $"{sign}{digits}E{_exponent}"),
        };
    }

    private BigInteger Scaled(int exponent) => _exponent == exponent ? _digits : _digits * BigInteger.Pow(10, _exponent - exponent);

    [GeneratedRegex("^(?<sign>[+-]?)(?<whole>[0-9]*)(\\.(?<part>[0-9]*))?([eE](?<exponent>[+-]?[0-9]{1,4}))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Shape();
}
