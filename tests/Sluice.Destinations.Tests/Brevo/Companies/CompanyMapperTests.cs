using System.Text;
using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Destinations.Brevo.Companies;

namespace Sluice.Destinations.Tests.Brevo.Companies;

public sealed class CompanyMapperTests
{
    private static readonly BrevoCompanyAttributeInfo[] Attributes =
    [
        new("name", "text", false), new("domain", "text", false), new("seats", "number", false), new("vip", "boolean", false), new("since", "date", false),
        new("industry", "single-select", false), new("number_of_contacts", "number", true),
    ];

    private static readonly CompanyMapping[] Mapping =
        [new("$name", "name"), new("d", "domain"), new("s", "seats"), new("v", "vip"), new("t", "since"), new("i", "industry"), new("c", "number_of_contacts"), new("x", "other")];

    private readonly CompanyMapper _mapper = new(Mapping, Attributes);

    [Theory]
    [InlineData("""{"$name":"Acme","d":"a.test","s":"40","v":true,"t":"2026-03-01T23:59:00","i":"IT","c":3}""", "Acme", """{"domain":"a.test","seats":40,"since":"2026-03-01","vip":true}""")]
    [InlineData("""{"d":["a","b"],"s":1.5,"v":"true","t":"March"}""", "id-1", """{"domain":"a, b","seats":1.5}""")]
    [InlineData("""{"$name":"  ","d":{"a":1},"s":null}""", "id-1", "{}")]
    [InlineData("""{"$name":7,"d":false}""", "7", """{"domain":"false"}""")]
    public void Values_go_as_what_the_attribute_is_and_the_others_are_left_out(string properties, string name, string attributes)
    {
        var company = _mapper.Map("id-1", properties);
        Assert.Equal((name, attributes), (company.Name, Encoding.UTF8.GetString(((ReadOnlyMemory<byte>)company.Attributes).Span)));
    }

    [Fact]
    public void Attributes_that_are_not_there_or_cannot_be_written_are_told() => Assert.Equal(["industry", "number_of_contacts", "other"], _mapper.Missing);

    [Theory]
    [InlineData(" ", "{}")]
    [InlineData("\t", """{"$name":" "}""")]
    public void A_group_without_any_name_becomes_a_dead_letter(string id, string properties)
    {
        var refusal = Assert.Throws<DeliveryException>(() => _mapper.Map(id, properties));
        Assert.Equal((DecisionKind.DeadLetter, "company_without_name"), (refusal.Decision.Kind, refusal.Decision.Reason));
        Assert.Equal("Acme", _mapper.Map(id, """{"$name":"Acme"}""").Name);
    }

    [Fact]
    public void The_hash_is_that_of_what_is_sent()
    {
        var first = _mapper.Map("id-1", """{"d":"a","unmapped":1}""");
        Assert.Equal(first.Payload, _mapper.Map("id-1", """{"unmapped":2,"d":"a"}""").Payload);
        Assert.NotEqual(first.Payload, _mapper.Map("id-2", """{"d":"a"}""").Payload);
        Assert.NotEqual(first.Payload, _mapper.Map("id-1", """{"d":"b"}""").Payload);
    }
}
