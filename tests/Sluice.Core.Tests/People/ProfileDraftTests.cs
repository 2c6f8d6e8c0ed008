using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Core.People;

namespace Sluice.Core.Tests.People;

public sealed class ProfileDraftTests
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
        var profile = new ProfileDraft(stored);

        Assert.Null(profile.Apply([Parse(operation)]));
        Assert.Equal((expected, true, true), (profile.Properties, profile.Exists, profile.HasChanged));
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
        var profile = new ProfileDraft(stored);

        Assert.Null(profile.Apply([Parse(operation)]));
        Assert.Same(stored, profile.Properties);
        Assert.False(profile.HasChanged);
    }

    [Fact]
    public void What_is_changed_and_changed_back_is_the_same_string()
    {
        const string stored = """{"a":1,"b":2}""";

        var profile = new ProfileDraft(stored);
        profile.Apply([Parse("Set b 3"), Parse("Set b 2")]);
        Assert.Same(stored, profile.Properties);
        profile.Apply([Parse("Append c 1")]);
        profile.Apply([Parse("Unset c")]);
        profile.Apply([]);
        Assert.Same(stored, profile.Properties);
        Assert.False(profile.HasChanged);
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
        var profile = new ProfileDraft(stored);

        Assert.Equal(refusal, profile.Apply([Parse("Set other 1"), Parse(operation), Parse("Set more 2")]));
        Assert.Same(stored, profile.Properties);
    }

    [Fact]
    public void A_deleted_profile_is_empty_and_a_later_operation_makes_a_new_one()
    {
        var profile = new ProfileDraft("""{"a":1}""");
        Assert.Null(profile.Apply([Parse("Set b 1"), Parse("Delete")]));
        Assert.Equal(("{}", false, true), (profile.Properties, profile.Exists, profile.HasChanged));

        Assert.Null(profile.Apply([Parse("Delete"), Parse("Set b 1")]));
        Assert.Equal(("""{"b":1}""", true, true), (profile.Properties, profile.Exists, profile.HasChanged));

        var never = new ProfileDraft(stored: null);
        Assert.False(never.Exists);
        Assert.Null(never.Apply([Parse("Delete")]));
        Assert.Equal((false, false), (never.Exists, never.HasChanged));
        Assert.Null(never.Apply([]));
        Assert.Equal(("{}", true, true), (never.Properties, never.Exists, never.HasChanged));
    }

    [Fact]
    public void A_profile_has_at_most_2000_properties()
    {
        string Profile(int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"p{i}\":{i}"))}}}";

        Assert.Null(Refusal(Profile(1_999), [Parse("Set x 1")]));
        Assert.Equal("A profile may have at most 2000 properties.", Refusal(Profile(2_000), [Parse("Set x 1")]));
        Assert.Null(Refusal(Profile(2_000), [Parse("Set p0 5")]));
        Assert.Null(Refusal(Profile(2_000), [Parse("Set x 1"), Parse("Unset p0")]));

        // A profile that came by another way may hold more; it may shrink, but not grow.
        Assert.Null(Refusal(Profile(2_100), [Parse("Unset p0")]));
        Assert.NotNull(Refusal(Profile(2_100), [Parse("Set x 1")]));
    }

    [Fact]
    public void A_list_has_at_most_256_KB()
    {
        string List(int bytes) => $"[{string.Join(',', Enumerable.Repeat("1", (bytes - 1) / 2))}]";
        var full = List(256 * 1024);

        Assert.Null(Refusal("{}", [Parse($"Set a {full}")]));
        Assert.NotNull(Refusal("{}", [Parse($"Set a {List((256 * 1024) + 2)}")]));
        Assert.NotNull(Refusal($"{{\"a\":{full}}}", [Parse("Append a 1")]));
        Assert.NotNull(Refusal($"{{\"a\":{full}}}", [Parse("Union a [2]")]));
        Assert.Null(Refusal($"{{\"a\":{full}}}", [Parse("Remove a 1")]));
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
            var profile = new ProfileDraft(stored: null);
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

                // Read anew from time to time: a draft must do the same as one that begins with what another wrote.
                profile = random.Next(3) == 0 ? new ProfileDraft(profile.Properties) : profile;
                var before = profile.Properties;
                var refusal = profile.Apply([new ProfileOperation(kind, name, Encoding.UTF8.GetBytes(value))]);
                var isModelChanged = TryApply(model, kind, name, JsonNode.Parse(value));

                Assert.Equal(isModelChanged, refusal is null);
                Assert.True(JsonNode.DeepEquals(model, JsonNode.Parse(profile.Properties)), $"{kind} {name} {value}: {before} {profile.Properties}");
                refusals += isModelChanged ? 0 : 1;
            }
        }

        Assert.InRange(refusals, 500, 8_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_refused_update_leaves_everything_as_it_was(int seed)
    {
        var random = new Random(seed);
        string[] names = ["a", "b", "c"];
        string[] values = ["1", "\"x\"", "[1,2,2]", "[]", "null"];
        var profile = new ProfileDraft("""{"a":[1,"x",1],"b":2,"c":{"d":[3]}}""");
        for (var round = 0; round < 5_000; round++)
        {
            var before = profile.Properties;
            var operations = Enumerable.Range(0, 1 + random.Next(6)).Select(_ => Parse(Next())).Append(Parse("Add z \"x\""));

            Assert.NotNull(profile.Apply([.. operations]));
            Assert.Equal(before, new ProfileDraft(profile.Properties).Properties);
            Assert.NotNull(profile.Apply([Parse("Set z \"x\""), Parse("Add z 1")]));
            Assert.Null(profile.Apply([Parse("Set w 1"), Parse("Unset w")]));
            Assert.Equal(before, profile.Properties);
            _ = profile.Apply([Parse(Next())]);
        }

        string Next() => (ProfileOperationKind)random.Next(8) switch
        {
            ProfileOperationKind.Delete => "Delete",
            ProfileOperationKind.Union => $"Union {names[random.Next(3)]} [1,\"y\",{random.Next(9)}]",
            var kind => $"{kind} {names[random.Next(3)]} {values[random.Next(5)]}",
        };
    }

    [Fact]
    public void A_profile_has_at_most_1_MB_and_may_always_shrink()
    {
        var quarter = $"\"{new string('x', 200 * 1024)}\"";
        var profile = new ProfileDraft(stored: null);
        for (var i = 0; i < 5; i++)
        {
            Assert.Null(profile.Apply([Parse($"Set p{i} {quarter}")]));
        }

        var full = profile.Properties;
        Assert.Equal("A profile may have at most 1048576 bytes.", profile.Apply([Parse("Set a 1"), Parse($"Set p5 {quarter}")]));
        Assert.NotNull(profile.Apply([.. Enumerable.Range(0, 130).Select(i => Parse($"Append l \"{new string('y', 256)}{i}\""))]));
        Assert.Equal(full, profile.Properties);
        Assert.Null(profile.Apply([Parse("Set p0 1"), Parse($"Set p5 {quarter}")]));

        // A profile that came by another way may hold more; it may shrink, but not grow.
        var large = new ProfileDraft($"{{\"a\":\"{new string('x', 2 << 20)}\",\"b\":1}}");
        Assert.NotNull(large.Apply([Parse("Set b 12")]));
        Assert.Null(large.Apply([Parse("Set b 2")]));
        Assert.Null(large.Apply([Parse("Unset b")]));
        Assert.Null(large.Apply([Parse("Set a 1")]));
    }

    [Fact]
    public void Many_updates_of_a_large_profile_cost_no_more_than_they_say_themselves()
    {
        var list = $"[{string.Join(',', Enumerable.Range(0, 30_000).Select(i => i.ToString(CultureInfo.InvariantCulture)))}]";
        var text = new string('x', 200 * 1024);
        var profile = new ProfileDraft($"{{\"l\":{list},\"m\":{list},\"t\":\"{text}\",\"u\":\"{text}\"}}");
        Assert.Null(profile.Apply([Parse("Append l 1"), Parse("Union m [-1]")]));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 2_000; i++)
        {
            Assert.Null(profile.Apply([Parse($"Set n {i}"), Parse($"Append l {i}"), Parse($"Union m [{i}]"), Parse("Remove m \"no\"")]));
            Assert.NotNull(profile.Apply([Parse("Append l 1"), Parse("Add t 1")]));
        }

        // Reading the profile once takes more than a megabyte.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000);
        Assert.InRange(profile.Properties.Length, 700_000, 1_000_000);
    }

    private static string? Refusal(string stored, IReadOnlyList<ProfileOperation> operations) => new ProfileDraft(stored).Apply(operations);

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
