using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace RunnerFleet.Storage;

/// <summary>A place in an order by time. The id breaks ties and is compared ordinally, so that the order is total and the same everywhere.</summary>
internal readonly record struct ListPosition(DateTimeOffset At, string Id) : IComparable<ListPosition>
{
    public int CompareTo(ListPosition other) => At.CompareTo(other.At) is not 0 and var byTime ? byTime : string.CompareOrdinal(Id, other.Id);

    /// <summary>Writes the position as the continuation of a listing. The listing's name is part of it: no listing takes another's.</summary>
    public string ToContinuation(string listing) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{listing}|{At.UtcTicks}|{Id}")));

    /// <summary>Reads a continuation; <see langword="null"/> where there is none.</summary>
    /// <exception cref="ArgumentException">The text is not a continuation of this listing.</exception>
    [return: NotNullIfNotNull(nameof(continuation))]
    public static ListPosition? FromContinuation(string? continuation, string listing)
    {
        if (continuation is null)
        {
            return null;
        }

        if (Base64Url.IsValid(continuation)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(continuation)).Split('|', 3) is [var name, var ticks, var id]
            && name == listing
            && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var utcTicks)
            && utcTicks <= DateTimeOffset.MaxValue.UtcTicks)
        {
            return new ListPosition(new DateTimeOffset(utcTicks, TimeSpan.Zero), id);
        }

        throw new ArgumentException("The continuation was not made by this store. Leave it out to begin at the first page.", nameof(continuation));
    }
}
