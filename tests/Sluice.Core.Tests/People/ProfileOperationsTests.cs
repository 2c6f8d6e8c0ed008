using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Core.People;

namespace Sluice.Core.Tests.People;

public sealed class ProfileOperationsTests
{
    [Theory]
    [InlineData("""{}""", "Set a 1", """{"a":1}""")]
    [InlineData("""{"a":0,"b":1}""", "Set a [2]", """{"a":[2],"b":1}""")]
    [InlineData("""{"a":0}""", "Set a null", """{"a":null}""")]
    [InlineData("""{}""", "SetOnce a 1", """{"a":1}""")]
    [InlineData("""{"a":1,"b":2}""", "Unset a", """{"b":2}""")]
    [InlineData("""{}""", "Add a 5", """{"a":5}""")]
    [InlineData("""{}""", "Add a 0", """{"a":0}""")]
    [InlineData("""{"a":null}""", "Add a -5", """{"a":-5}""")]
    [InlineData("""{"a":0.1}""", "Add a 0.2", """{"a":0.3}""")]
    [InlineData("""{"a":10}""", "Add a -10", """{"a":0}""")]
    [InlineData("""{"a":1.50}""", "Add a 1.50", """{"a":3}""")]
    [InlineData("""{"a":9007199254740993}""", "Add a 1", """{"a":9007199254740994}""")]
    [InlineData("""{"a":1e3}""", "Add a 1", """{"a":1001}""")]
    [InlineData("""{"a":1e300}""", "Add a 1e300", """{"a":2E+300}""")]
    [InlineData("""{}""", "Append a 1", """{"a":[1]}""")]
    [InlineData("""{"a":null}""", "Append a [1]", """{"a":[[1]]}""")]
    [InlineData("""{"a":[1]}""", "Append a 1", """{"a":[1,1]}""")]
    [InlineData("""{}""", "Union a [1,1,2]", """{"a":[1,2]}""")]
    [InlineData("""{"a":["x"]}""", "Union a [\"y\",\"x\",\"z\"]", """{"a":["x","y","z"]}""")]
    [InlineData("""{"a":[1]}""", "Union a [1.0,\"1\"]", """{"a":[1,"1"]}""")]
    [InlineData("""{"a":["x",1,"x"]}""", "Remove a \"x\"", """{"a":[1]}""")]
    [InlineData("""{"a":[1]}""", "Remove a 1", """{"a":[]}""")]
    [InlineData("""{"é":1}""", "Set ü \"ö\"", """{"é":1,"ü":"ö"}""")]
    public void One_operation_changes_one_property(string stored, string operation, string expected)
    {
        Assert.Equal(new ProfileOutcome(expected, false, null), ProfileOperations.Apply(stored, [Parse(operation)]));
    }

    [Theory]
    [InlineData("""{ "a" : 1 }""", "Set a 1")]
    [InlineData("""{"a":1}""", "SetOnce a 2")]
    [InlineData("""{"a":null}""", "SetOnce a 2")]
    [InlineData("""{"a":1}""", "Unset b")]
    [InlineData("""{"a":1}""", "Add a 0")]
    [InlineData("""{"a":[1,2]}""", "Union a [2,1]")]
    [InlineData("""{"a":[1]}""", "Union a []")]
    [InlineData("""{"a":["\u00e9"]}""", "Union a [\"é\"]")]
    [InlineData("""{"a":[1]}""", "Remove a 2")]
    [InlineData("""{"a":1}""", "Remove a 1")]
    [InlineData("""{"a":1}""", "Remove b 1")]
    public void Where_nothing_changes_the_very_same_string_comes_back(string stored, string operation)
    {
        var outcome = ProfileOperations.Apply(stored, [Parse(operation)]);

        Assert.Same(stored, outcome.Properties);
        Assert.Null(outcome.Refusal);
    }

    [Fact]
    public void What_is_changed_and_changed_back_is_the_same_string()
    {
        const string stored = """{"a":1,"b":2}""";

        Assert.Same(stored, ProfileOperations.Apply(stored, [Parse("Set b 3"), Parse("Set b 2")]).Properties);
        Assert.Same(stored, ProfileOperations.Apply(stored, []).Properties);
    }

    [Theory]
    [InlineData("""{"a":"5"}""", "Add a 1", "The property a is no number.")]
    [InlineData("""{"a":[]}""", "Add a 1", "The property a is no number.")]
    [InlineData("""{"a":true}""", "Add a 1", "The property a is no number.")]
    [InlineData("""{"a":1}""", "Add a \"1\"", "What is to be added to a is no number.")]
    [InlineData("""{"a":1.7e308}""", "Add a 1.7e308", "The sum of a is outside the range of a double.")]
    [InlineData("""{"a":"x"}""", "Append a 1", "The property a is no list.")]
    [InlineData("""{"a":{}}""", "Union a [1]", "The property a is no list.")]
    public void An_update_that_cannot_be_applied_changes_nothing(string stored, string operation, string refusal)
    {
        var outcome = ProfileOperations.Apply(stored, [Parse("Set other 1"), Parse(operation), Parse("Set more 2")]);

        Assert.Equal(refusal, outcome.Refusal);
        Assert.Same(stored, outcome.Properties);
    }

    [Fact]
    public void A_deleted_profile_is_empty_and_a_later_operation_makes_a_new_one()
    {
        Assert.Equal(new ProfileOutcome("{}", true, null), ProfileOperations.Apply("""{"a":1}""", [Parse("Set b 1"), Parse("Delete")]));
        Assert.Equal(new ProfileOutcome("""{"b":1}""", false, null), ProfileOperations.Apply("""{"a":1}""", [Parse("Delete"), Parse("Set b 1")]));
        Assert.True(ProfileOperations.Apply("{}", [Parse("Delete")]).IsDeleted);
    }

    [Fact]
    public void A_profile_has_at_most_2000_properties()
    {
        string Profile(int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"p{i}\":{i}"))}}}";

        Assert.Null(ProfileOperations.Apply(Profile(1_999), [Parse("Set x 1")]).Refusal);
        Assert.Equal("A profile may have at most 2000 properties.", ProfileOperations.Apply(Profile(2_000), [Parse("Set x 1")]).Refusal);
        Assert.Null(ProfileOperations.Apply(Profile(2_000), [Parse("Set p0 5")]).Refusal);
        Assert.Null(ProfileOperations.Apply(Profile(2_000), [Parse("Set x 1"), Parse("Unset p0")]).Refusal);

        // A profile that came by another way may hold more; it may shrink, but not grow.
        Assert.Null(ProfileOperations.Apply(Profile(2_100), [Parse("Unset p0")]).Refusal);
        Assert.NotNull(ProfileOperations.Apply(Profile(2_100), [Parse("Set x 1")]).Refusal);
    }

    [Fact]
    public void A_list_has_at_most_256_KB()
    {
        string List(int bytes) => $"[{string.Join(',', Enumerable.Repeat("1", (bytes - 1) / 2))}]";
        var full = List(256 * 1024);

        Assert.Null(ProfileOperations.Apply("{}", [Parse($"Set a {full}")]).Refusal);
        Assert.NotNull(ProfileOperations.Apply("{}", [Parse($"Set a {List((256 * 1024) + 2)}")]).Refusal);
        Assert.NotNull(ProfileOperations.Apply($"{{\"a\":{full}}}", [Parse("Append a 1")]).Refusal);
        Assert.NotNull(ProfileOperations.Apply($"{{\"a\":{full}}}", [Parse("Union a [2]")]).Refusal);
        Assert.Null(ProfileOperations.Apply($"{{\"a\":{full}}}", [Parse("Remove a 1")]).Refusal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_operations_do_what_a_plain_model_does(int seed)
    {
        var random = new Random(seed);
        string[] names = ["a", "b", "é", "\"q\""];
        string[] values = ["1", "2.5", "-3", "null", "true", "\"x\"", "\"ü\"", "[1]", "[\"x\",1]", "{\"k\":[1]}", "[]"];
        var refusals = 0;
        for (var round = 0; round < 2_000; round++)
        {
            var stored = "{}";
            var model = new JsonObject();
            for (var step = 0; step < 8; step++)
            {
                var kind = (ProfileOperationKind)random.Next(step == 5 ? 8 : 7);
                var name = kind == ProfileOperationKind.Delete ? "" : names[random.Next(names.Length)];
                var value = kind switch
                {
                    ProfileOperationKind.Add => values[random.Next(3)],
                    ProfileOperationKind.Union => values[7 + random.Next(2)],
                    _ => values[random.Next(values.Length)],
                };

                var outcome = ProfileOperations.Apply(stored, [new ProfileOperation(kind, name, Encoding.UTF8.GetBytes(value))]);
                var isModelChanged = TryApply(model, kind, name, JsonNode.Parse(value));

                Assert.Equal(isModelChanged, outcome.Refusal is null);
                Assert.True(JsonNode.DeepEquals(model, JsonNode.Parse(outcome.Properties)), $"{kind} {name} {value}: {stored} {outcome.Properties}");
                refusals += isModelChanged ? 0 : 1;
                stored = outcome.Properties;
            }
        }

        Assert.InRange(refusals, 500, 8_000);
    }

    /// <summary>Returns whether the operation can be applied.</summary>
    private static bool TryApply(JsonObject model, ProfileOperationKind kind, string name, JsonNode? value)
    {
        var current = model[name];
        var list = current as JsonArray ?? (current is null ? [] : null);
        switch (kind)
        {
            case ProfileOperationKind.Set:
                model[name] = value;
                return true;
            case ProfileOperationKind.SetOnce:
                model.TryAdd(name, value);
                return true;
            case ProfileOperationKind.Add:
                if (current is not null && current.GetValueKind() != JsonValueKind.Number)
                {
                    return false;
                }

                model[name] = (current?.GetValue<double>() ?? 0) + value!.GetValue<double>();
                return true;
            case ProfileOperationKind.Append or ProfileOperationKind.Union when list is null:
                return false;
            case ProfileOperationKind.Append:
                model[name] = new JsonArray([.. list!.Select(item => item?.DeepClone()), value]);
                return true;
            case ProfileOperationKind.Union:
                var added = value!.AsArray().Where(item => !list!.Any(known => JsonNode.DeepEquals(known, item)));
                model[name] = new JsonArray([.. list!.Concat(added).Select(item => item?.DeepClone())]);
                return true;
            case ProfileOperationKind.Remove when current is JsonArray items:
                model[name] = new JsonArray([.. items.Where(item => !JsonNode.DeepEquals(item, value)).Select(item => item?.DeepClone())]);
                return true;
            case ProfileOperationKind.Unset:
                model.Remove(name);
                return true;
            case ProfileOperationKind.Delete:
                model.Clear();
                return true;
            default:
                return true;
        }
    }

    private static ProfileOperation Parse(string text)
    {
        var parts = text.Split(' ', 3);
        return new ProfileOperation(
            Enum.Parse<ProfileOperationKind>(parts[0]), parts.ElementAtOrDefault(1) ?? "", Encoding.UTF8.GetBytes(parts.ElementAtOrDefault(2) ?? ""));
    }
}
