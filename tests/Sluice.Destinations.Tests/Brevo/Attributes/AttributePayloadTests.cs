using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Sluice.Destinations.Brevo.Attributes;

namespace Sluice.Destinations.Tests.Brevo.Attributes;

public sealed class AttributePayloadTests
{
    private static readonly AttributeMapping[] Mapping =
    [
        new("city", "CITY", null), new("name", "FIRSTNAME", null), new("revenue", "LTV", null), new("vip", "VIP", null),
        new("since", "SIGNUP_DATE", null), new("countries", "COUNTRIES", null), new("tier", "TIER", null), new("phone", "SMS", null),
    ];

    private static readonly AttributePlan Plan = Account.Plan(Mapping);

    [Theory]
    [InlineData("""{"city":"Seoul","revenue":1.5}""", """{"revenue":1.50,"other":7,"city":"Seoul"}""")]
    [InlineData("""{"countries":["FR","KR"]}""", """{"countries":["kr","FR","FR"]}""")]
    [InlineData("""{"city":"서울"}""", """{"\u0063ity":"\uc11c\uc6b8"}""")]
    [InlineData("""{"city":"Busan"}""", """{"city":"Seoul","city":"Busan"}""")]
    [InlineData("""{"tier":"gold","vip":1}""", """{"vip":"TRUE","tier":1}""")]
    [InlineData("""{"since":"2026-01-31"}""", """{"since":"2026-01-31T10:00:00Z"}""")]
    [InlineData("""{"phone":"+82 10 1234 5678"}""", """{"phone":"00821012345678"}""")]
    public void Equal_payloads_have_equal_hashes(string one, string other) =>
        Assert.Equal(Account.Convert(Plan, one).ComputeHash(), Account.Convert(Plan, other).ComputeHash());

    [Fact]
    public void Different_payloads_have_different_hashes()
    {
        string[] profiles =
        [
            "{}", """{"city":""}""", """{"city":"a"}""", """{"name":"a"}""", """{"city":"ab"}""", """{"city":"a","name":"b"}""", """{"city":"b","name":"a"}""",
            """{"revenue":1}""", """{"revenue":-1}""", """{"revenue":"x"}""", """{"revenue":null}""", """{"vip":true}""", """{"vip":false}""",
            """{"countries":["FR"]}""", """{"countries":["FR","DE"]}""", """{"tier":"gold"}""", """{"tier":"silver"}""",
        ];

        Assert.Equal(profiles.Length, profiles.Select(profile => Account.Convert(Plan, profile).ComputeHash()).Distinct().Count());
    }

    [Fact]
    public void The_order_of_the_mapping_is_no_change()
    {
        var reversed = Account.Plan(Mapping.Reverse().ToArray());
        const string Profile = """{"city":"Seoul","name":"Jane","revenue":3,"vip":true}""";

        Assert.Equal(Account.Convert(Plan, Profile).ComputeHash(), Account.Convert(reversed, Profile).ComputeHash());
    }

    [Fact]
    public void Another_type_is_another_payload()
    {
        var text = AttributePlan.Create(new AttributeCatalogue([Account.Normal("X", "text")]), [new("p", "X", null)], null, TimeZoneInfo.Utc);
        var number = AttributePlan.Create(new AttributeCatalogue([Account.Normal("X", "float")]), [new("p", "X", null)], null, TimeZoneInfo.Utc);

        Assert.NotEqual(Account.Convert(text, """{"p":1}""").ComputeHash(), Account.Convert(number, """{"p":1}""").ComputeHash());
    }

    // A change of this value makes every installation send every contact once more.
    [Fact]
    public void The_hash_of_a_payload_never_changes() =>
        Assert.Equal(
            "8e662607a789150c17dd08549ad5379a",
            Account.Convert(Plan, """{"city":"Seoul","revenue":12.5,"countries":["KR"],"tier":"gold","vip":true,"name":null,"since":"2026-01-31","phone":"x"}""").ComputeHash().ToString());

    [Fact]
    public void A_payload_used_again_is_as_good_as_new()
    {
        var payload = new AttributePayload(Plan);
        Plan.Convert("""{"city":"Seoul","revenue":"x","countries":["Rest, world"],"tier":"none"}"""u8, payload);
        Plan.Convert("""{"name":"Jane"}"""u8, payload);

        Assert.Empty(payload.Problems);
        Assert.True(payload.FitsCsv);
        Assert.Equal("""{"FIRSTNAME":"Jane"}""", Account.Json(payload, ClearScope.Emptied));
        Assert.Equal(Account.Convert(Plan, """{"name":"Jane"}""").ComputeHash(), payload.ComputeHash());
    }

    [Fact]
    public void A_repeated_property_leaves_no_problem_of_its_first_value()
    {
        var payload = Account.Convert(Plan, """{"revenue":"x","revenue":1,"vip":"?"}""");

        Assert.Equal([new AttributeProblem("VIP", "vip", "not_a_boolean")], payload.Problems);
        Assert.Equal("""{"LTV":1}""", Account.Json(payload, ClearScope.None));
    }

    [Fact]
    public void Every_mapped_property_is_sent_cleared_missing_or_named() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<Dictionary<int, string?>>().ToArbitrary(), pairs =>
        {
            var properties = new Dictionary<string, string?>();
            foreach (var (key, value) in pairs)
            {
                properties[Mapping[(int)((uint)key % Mapping.Length)].Property + (key % 5 == 4 ? "?" : "")] = value;
            }

            var json = JsonSerializer.SerializeToUtf8Bytes(properties);
            var payload = new AttributePayload(Plan);
            Plan.Convert(json, payload);
            for (var i = 0; i < Plan.Columns.Count; i++)
            {
                var column = Plan.Columns[i];
                var isThere = properties.TryGetValue(column.Property, out var value);
                Assert.Equal(!isThere, payload.State(i) == AttributeState.Missing);
                Assert.Equal(payload.State(i) == AttributeState.Refused, payload.Problems.Any(problem => problem.Attribute == column.Name));
                if (column.Kind == AttributeKind.Text && !string.IsNullOrEmpty(value))
                {
                    Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value)), Account.Cells(Plan, payload)[i]);
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void An_unchanged_profile_costs_no_memory()
    {
        var profile = Encoding.UTF8.GetBytes(
            """{"city":"Se\u006ful","name":"Jane","revenue":"1250.50","vip":1,"since":"2026-01-31T10:00:00Z","countries":["KR","FR"],"tier":"Gold","phone":"+821012345678","x":{"y":[1,2]}}""");
        var payload = new AttributePayload(Plan);
        var hash = default(PayloadHash);
        for (var i = 0; i < 200; i++)
        {
            Plan.Convert(profile, payload);
            hash = payload.ComputeHash();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Plan.Convert(profile, payload);
            Assert.True(hash == payload.ComputeHash());
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(payload.Problems);
    }
}
