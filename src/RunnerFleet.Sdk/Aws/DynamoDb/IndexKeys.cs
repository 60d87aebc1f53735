using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RunnerFleet.Storage;

namespace RunnerFleet.Aws.DynamoDb;

/// <summary>How records stand in the two indexes. Moments are UTC ticks of a fixed width, so that their order as text is their order in time.</summary>
internal static class IndexKeys
{
    /// <summary>After every moment there is.</summary>
    public const string Never = "9999999999999999999";

    /// <summary>Where a fleet's records are that have something left to do, by deadline.</summary>
    public static string Live(string fleet) => $"{fleet}#live";

    /// <summary>Where a fleet's records are that ended in a state, by age.</summary>
    public static string Ended(string fleet, string state) => $"{fleet}#{state}";

    /// <summary>What counts for a demand key. Hashed: a key holds all labels of a job, and may be longer than DynamoDB's 2048 bytes.</summary>
    public static string Demand(string fleet, string demandKey) => $"{fleet}#{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(demandKey)))}";

    public static string Order(ListPosition position) => $"{Order(position.At)}|{position.Id}";

    public static string Order(DateTimeOffset at) => at.UtcTicks.ToString("D19", CultureInfo.InvariantCulture);

    /// <summary>The end of what is not after a moment, whatever its id.</summary>
    public static string JustAfter(DateTimeOffset at) => (at.UtcTicks + 1).ToString("D19", CultureInfo.InvariantCulture);

    public static ListPosition ReadOrder(string order) => new(Moment(order[..19]), order[20..]);

    public static DateTimeOffset Moment(string ticks) => new(long.Parse(ticks, CultureInfo.InvariantCulture), TimeSpan.Zero);
}
