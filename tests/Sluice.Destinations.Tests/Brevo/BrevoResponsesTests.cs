using Sluice.Brevo;
using Sluice.Core.Delivery;
using Sluice.Destinations.Brevo;

namespace Sluice.Destinations.Tests.Brevo;

public sealed class BrevoResponsesTests
{
    [Theory]
    [InlineData(302, "", "", DecisionKind.Pause, "redirected")]
    [InlineData(308, "", "", DecisionKind.Pause, "redirected")]
    [InlineData(400, "invalid_parameter", "Invalid email address", DecisionKind.DeadLetter, "refused")]
    [InlineData(400, "invalid_parameter", "Contact already in list and/or does not exist", DecisionKind.Done, "")]
    [InlineData(401, "unauthorized", "Key not found", DecisionKind.Pause, "unauthorized")]
    [InlineData(401, "unauthorized", "We have detected you are using an unrecognised IP address", DecisionKind.Pause, "unrecognised_ip")]
    [InlineData(402, "not_enough_credits", "No credits", DecisionKind.Pause, "payment_required")]
    [InlineData(403, "permission_denied", "No", DecisionKind.Pause, "forbidden")]
    [InlineData(403, "account_under_validation", "Wait", DecisionKind.Pause, "account_under_validation")]
    [InlineData(404, "document_not_found", "Contact does not exist", DecisionKind.DeadLetter, "not_found")]
    [InlineData(413, "too_large", "Too large", DecisionKind.DeadLetter, "too_large")]
    [InlineData(425, "account_in_process", "Later", DecisionKind.Retry, "busy")]
    [InlineData(429, "too_many_requests", "Slow", DecisionKind.Retry, "rate_limited")]
    public void Every_answer_has_its_decision(int status, string code, string message, DecisionKind kind, string reason)
    {
        var decision = BrevoResponses.Decide(new BrevoApiException(BrevoEndpoints.ContactsUpsert, status, code, message));
        Assert.Equal((kind, reason), (decision.Kind, decision.Reason));
        Assert.Equal(kind is DecisionKind.Retry or DecisionKind.Pause, decision.After > TimeSpan.Zero);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(524)]
    public void What_may_heal_is_done_again(int status)
    {
        var decision = BrevoResponses.Decide(new BrevoApiException(BrevoEndpoints.ContactsUpsert, status));
        Assert.True(decision.Kind is DecisionKind.Retry or DecisionKind.Unknown, $"{decision}");
        Assert.True(decision.After > TimeSpan.Zero);
    }

    [Fact]
    public void After_a_time_out_what_may_be_repeated_is_and_an_import_is_looked_for()
    {
        Assert.Equal(DecisionKind.Retry, BrevoResponses.Decide(new BrevoTimeoutException(BrevoEndpoints.ContactsUpsert, TimeSpan.FromSeconds(30), wasSent: true)).Kind);
        Assert.Equal(DecisionKind.Unknown, BrevoResponses.Decide(new BrevoTimeoutException(BrevoEndpoints.ContactsImport, TimeSpan.FromSeconds(30), wasSent: true)).Kind);
    }

    [Fact]
    public void An_identifier_of_another_contact_is_for_a_person() =>
        Assert.Equal(
            "identifier_of_another_contact",
            BrevoResponses.Decide(new BrevoApiException(BrevoEndpoints.ContactsUpsert, 400, "duplicate_parameter", "Duplicate", ["email"])).Reason);
}
