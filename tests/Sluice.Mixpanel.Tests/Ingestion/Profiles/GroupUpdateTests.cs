namespace Sluice.Mixpanel.Tests.Ingestion.Profiles;

public sealed class GroupUpdateTests
{
    [Fact]
    public void The_batch_of_the_reference_is_taken()
    {
        var updates = Updates.OfGroups(
            """
            [{"$token":"TKN","$group_key":"company_id","$group_id":"acme","$set":{"$name":"Acme","seats":40}},
             {"$token":"TKN","$group_key":"company_id","$group_id":"acme","$delete":"null"}]
            """);

        Assert.Equal(["Set $name \"Acme\"", "Set seats 40", "Delete"], updates.Operations);
        Assert.Equal(("TKN", "company_id", "acme"), (updates.Accepted[0].Token, updates.Accepted[0].GroupKey, updates.Accepted[0].GroupId));
    }

    [Theory]
    [InlineData("\"$set\":{\"a\":1}", "Set a 1")]
    [InlineData("\"$set_once\":{\"a\":1}", "SetOnce a 1")]
    [InlineData("\"$unset\":[\"a\"]", "Unset a")]
    [InlineData("\"$remove\":{\"a\":1}", "Remove a 1")]
    [InlineData("\"$union\":{\"a\":[1]}", "Union a [1]")]
    public void Groups_know_these_operations(string operation, string expected)
    {
        Assert.Equal(expected, Assert.Single(Updates.OfGroups(Update(operation)).Operations));
    }

    [Theory]
    [InlineData("$add")]
    [InlineData("$append")]
    public void Groups_do_not_know_these(string operation)
    {
        var failure = Updates.OfGroups(Update($"\"{operation}\":{{\"a\":1}},\"$set\":{{}}")).Failure;

        Assert.Equal((operation, $"'{operation}' is invalid: groups do not know this operation"), (failure.Field, failure.Message));
    }

    [Theory]
    [InlineData("""{"$group_key":"k","$group_id":"g","$set":{}}""", "$token")]
    [InlineData("""{"$token":"T","$group_id":"g","$set":{}}""", "$group_key")]
    [InlineData("""{"$token":"T","$group_key":"k","$set":{}}""", "$group_id")]
    [InlineData("""{"$token":"T","$group_key":"k","$group_id":"g"}""", "")]
    public void What_is_required_must_be_there(string update, string field)
    {
        Assert.Equal(field, Updates.OfGroups(update).Failure.Field);
    }

    [Fact]
    public void A_group_may_be_a_number()
    {
        Assert.Equal("0", Updates.OfGroups("""{"$token":"T","$group_key":"k","$group_id":0,"$set":{}}""").Update.GroupId);
    }

    private static string Update(string operations) => $"{{\"$token\":\"T\",\"$group_key\":\"k\",\"$group_id\":\"g\",{operations}}}";
}
