using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;

namespace RunnerFleet.Aws.Tests.DynamoDb.StandIn;

public abstract partial class DynamoDbBehaviour
{
    [Theory]
    [InlineData("colour = :blue", true)]
    [InlineData("#colour = :red", false)]
    [InlineData("colour <> :red", true)]
    [InlineData("absent = :red", false)]
    [InlineData("absent <> :red", true)]
    [InlineData("size_ = :zeros", true)]
    [InlineData("size_ = :blue", false)]
    [InlineData("size_ < :nine", true)]
    [InlineData("size_ < :seven", false)]
    [InlineData("size_ <= :seven", true)]
    [InlineData("size_ > :five AND size_ >= :seven", true)]
    [InlineData("size_ > :blue", false)]
    [InlineData("absent < :nine", false)]
    [InlineData("size_ BETWEEN :five AND :nine", true)]
    [InlineData("size_ BETWEEN :nine AND :nine", false)]
    [InlineData("colour IN (:red, :blue)", true)]
    [InlineData("colour IN (:red)", false)]
    [InlineData("attribute_exists(colour)", true)]
    [InlineData("attribute_exists(absent)", false)]
    [InlineData("attribute_not_exists(tree.leaf)", false)]
    [InlineData("attribute_not_exists(tree.absent)", true)]
    [InlineData("attribute_exists(stack[2].deep)", true)]
    [InlineData("attribute_exists(stack[3])", false)]
    [InlineData("attribute_type(tags, :type)", true)]
    [InlineData("attribute_type(colour, :type)", false)]
    [InlineData("begins_with(colour, :b)", true)]
    [InlineData("begins_with(colour, :lu)", false)]
    [InlineData("contains(colour, :lu)", true)]
    [InlineData("contains(tags, :x)", true)]
    [InlineData("contains(tags, :z)", false)]
    [InlineData("contains(stack, :one)", true)]
    [InlineData("contains(numbers, :two)", true)]
    [InlineData("size(colour) < :five", true)]
    [InlineData("size(stack) > :five", false)]
    [InlineData("tree.#odd < :two", true)]
    [InlineData("flag = :true AND nothing = :null", true)]
    [InlineData("tags = :all", true)]
    [InlineData("NOT colour = :red", true)]
    [InlineData("NOT (colour = :blue OR size_ = :five)", false)]
    [InlineData("colour = :red OR colour = :blue AND size_ = :five", false)]
    [InlineData("(colour = :red OR colour = :blue) AND size_ = :seven", true)]
    [InlineData("colour = :blue or not size_ = :seven", true)]
    public async Task A_write_goes_through_when_its_condition_holds(string condition, bool holds)
    {
        SkipWhereWrong(condition);
        await PutAsync(Thing());
        var request = new PutItemRequest
        {
            TableName = Table, Item = Thing(), ConditionExpression = condition, ExpressionAttributeValues = ValuesOf(condition), ExpressionAttributeNames = NamesOf(condition),
        };

        if (holds)
        {
            await Client.PutItemAsync(request, Cancellation);
        }
        else
        {
            await Assert.ThrowsAsync<ConditionalCheckFailedException>(() => Client.PutItemAsync(request, Cancellation));
        }
    }

    [Theory]
    [InlineData("SET colour = :red", "colour", "S red")]
    [InlineData("SET size_ = size_ + :two", "size_", "N 9")]
    [InlineData("SET size_ = size_ - :nine", "size_", "N -2")]
    [InlineData("SET exact = exact + :two", "exact", "N 2.1")]
    [InlineData("SET fresh = if_not_exists(fresh, :five)", "fresh", "N 5")]
    [InlineData("SET size_ = if_not_exists(size_, :five) + :two", "size_", "N 9")]
    [InlineData("SET size_ = :five, fresh = size_", "fresh", "N 7")]
    [InlineData("SET stack = list_append(stack, :more)", "stack", "L [S zero, S one, M {deep: N 3}, S two]")]
    [InlineData("SET stack = list_append(:more, stack)", "stack", "L [S two, S zero, S one, M {deep: N 3}]")]
    [InlineData("SET stack[0] = :one", "stack", "L [S one, S one, M {deep: N 3}]")]
    [InlineData("SET stack[9] = :one", "stack", "L [S zero, S one, M {deep: N 3}, S one]")]
    [InlineData("SET tree.leaf = :red", "tree", "M {leaf: S red, odd.name: N 1}")]
    [InlineData("SET tree.fresh = :red REMOVE tree.#odd", "tree", "M {fresh: S red, leaf: S value}")]
    [InlineData("REMOVE colour", "colour", "")]
    [InlineData("REMOVE absent", "absent", "")]
    [InlineData("REMOVE stack[1]", "stack", "L [S zero, M {deep: N 3}]")]
    [InlineData("REMOVE stack[0], stack[1]", "stack", "L [M {deep: N 3}]")]
    [InlineData("ADD size_ :minus", "size_", "N 4")]
    [InlineData("ADD fresh :minus", "fresh", "N -3")]
    [InlineData("ADD tags :set", "tags", "SS [x, y, z]")]
    [InlineData("DELETE tags :set", "tags", "SS [x]")]
    [InlineData("DELETE tags :all", "tags", "")]
    public async Task An_update_changes_what_it_says(string update, string attribute, string expected)
    {
        await PutAsync(Thing());
        await Client.UpdateItemAsync(
            new UpdateItemRequest { TableName = Table, Key = Key("a", "1"), UpdateExpression = update, ExpressionAttributeValues = ValuesOf(update), ExpressionAttributeNames = NamesOf(update) }, Cancellation);

        Assert.Equal(expected, Spell((await GetAsync())!.GetValueOrDefault(attribute)));
    }

    [Theory]
    [InlineData("NONE", "")]
    [InlineData("ALL_OLD", "colour, pk, size_, sk")]
    [InlineData("ALL_NEW", "colour, fresh, pk, size_, sk")]
    [InlineData("UPDATED_NEW", "fresh, size_")]
    public async Task An_update_answers_what_is_asked_for(string returns, string names)
    {
        await PutAsync(new(Key("a", "1")) { ["colour"] = S("blue"), ["size_"] = N(7) });
        var answer = await Client.UpdateItemAsync(new UpdateItemRequest
        {
            TableName = Table, Key = Key("a", "1"), UpdateExpression = "SET fresh = :v ADD size_ :v", ExpressionAttributeValues = new() { [":v"] = N(1) }, ReturnValues = ReturnValue.FindValue(returns),
        }, Cancellation);

        Assert.Equal(names, string.Join(", ", (answer.Attributes ?? []).Keys.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task An_update_makes_an_item_that_is_not_there()
    {
        await Client.UpdateItemAsync(new UpdateItemRequest { TableName = Table, Key = Key("new", "1"), UpdateExpression = "ADD size_ :n", ExpressionAttributeValues = new() { [":n"] = N(3) } }, Cancellation);

        Assert.Equal("M {pk: S new, size_: N 3, sk: S 1}", Spell(new() { M = (await GetAsync("new"))! }));
    }

    [Theory]
    [InlineData("colour", "M {colour: S blue}")]
    [InlineData("tree.leaf, size_", "M {size_: N 7, tree: M {leaf: S value}}")]
    [InlineData("stack[2].deep, stack[0]", "M {stack: L [S zero, M {deep: N 3}]}")]
    [InlineData("absent", "M {}")]
    public async Task A_projection_shows_what_is_asked_for(string projection, string expected)
    {
        SkipWhereWrong(projection);
        await PutAsync(Thing());
        var answer = await Client.GetItemAsync(new GetItemRequest { TableName = Table, Key = Key("a", "1"), ProjectionExpression = projection }, Cancellation);

        Assert.Equal(expected, Spell(new() { M = answer.Item ?? [] }));
    }

    [Fact]
    public async Task Whatever_is_written_comes_back()
    {
        var thing = Thing();
        thing["big"] = new() { N = "123456789012345678901234567890.12345678" };
        thing["small"] = new() { N = "-0.000001" };
        await PutAsync(thing);

        Assert.Equal(Spell(new() { M = thing }), Spell(new() { M = (await GetAsync())! }));
    }

    protected static string Spell(AttributeValue? value) => value switch
    {
        null => "",
        { S: { } text } => $"S {text}",
        { N: { } number } => $"N {number}",
        { BOOL: { } flag } => $"BOOL {flag}",
        { NULL: true } => "NULL",
        { B: { } binary } => $"B {Convert.ToHexString(binary.ToArray())}",
        { SS.Count: > 0 } => $"SS [{string.Join(", ", value.SS.Order(StringComparer.Ordinal))}]",
        { NS.Count: > 0 } => $"NS [{string.Join(", ", value.NS.Order(StringComparer.Ordinal))}]",
        { L: { } list } => $"L [{string.Join(", ", list.Select(Spell))}]",
        { M: { } map } => $"M {{{string.Join(", ", map.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}: {Spell(member.Value)}"))}}}",
        _ => "?",
    };
}
