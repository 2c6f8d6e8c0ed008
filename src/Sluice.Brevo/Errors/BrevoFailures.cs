namespace Sluice.Brevo;

/// <summary>Turns status, code and message of a refusal into its meaning. Pure.</summary>
internal static class BrevoFailures
{
    public static BrevoFailureKind Classify(BrevoEndpoint endpoint, int status, string? code, string? message, bool namesDuplicates)
    {
        // A new account is refused with 400 or 403, depending on the endpoint.
        if (code == "account_under_validation")
        {
            return BrevoFailureKind.UnderValidation;
        }

        return status switch
        {
            400 => ClassifyBadRequest(endpoint, code, message, namesDuplicates),
            401 => Contains(message, "unrecognised IP") || Contains(message, "unrecognized IP") ? BrevoFailureKind.UnrecognisedIp : BrevoFailureKind.Unauthorized,
            402 => BrevoFailureKind.PaymentRequired,

            // 424: the schema of the account's object lacks its primary attribute, which only the account's owner can add.
            403 or 424 => code == "not_enough_credits" ? BrevoFailureKind.PaymentRequired : BrevoFailureKind.Forbidden,
            404 => BrevoFailureKind.NotFound,
            405 => BrevoFailureKind.NotAllowed,
            409 => BrevoFailureKind.AlreadyExists,
            413 => BrevoFailureKind.TooLarge,
            422 => BrevoFailureKind.InvalidItem,
            425 => BrevoFailureKind.Busy,
            429 => BrevoFailureKind.RateLimited,
            408 or >= 500 => BrevoFailureKind.Transient,
            _ => BrevoFailureKind.Bug,
        };
    }

    private static BrevoFailureKind ClassifyBadRequest(BrevoEndpoint endpoint, string? code, string? message, bool namesDuplicates)
    {
        // The same conflict has been seen as duplicate_parameter and as invalid_parameter, so the metadata decides before the code.
        if (namesDuplicates)
        {
            return BrevoFailureKind.DuplicateIdentifier;
        }

        if (Contains(message, "already in list and/or does not exist"))
        {
            return BrevoFailureKind.NothingApplied;
        }

        if (Contains(message, "must be unique"))
        {
            return BrevoFailureKind.AlreadyExists;
        }

        if (Contains(message, "unmarshal") || Contains(message, "Parsing error"))
        {
            return BrevoFailureKind.Bug;
        }

        return code switch
        {
            "duplicate_parameter" => IsContactWrite(endpoint) ? BrevoFailureKind.DuplicateIdentifier : BrevoFailureKind.AlreadyExists,
            "duplicate_request" => BrevoFailureKind.AlreadyProcessed,
            "document_not_found" => BrevoFailureKind.NotFound,
            "account_in_process" => BrevoFailureKind.Busy,
            "not_enough_credits" => BrevoFailureKind.PaymentRequired,
            "permission_denied" => BrevoFailureKind.Forbidden,
            "unauthorized" => BrevoFailureKind.Unauthorized,
            "method_not_allowed" => BrevoFailureKind.NotAllowed,
            "missing_parameter" or "out_of_range" or "bad_request" or "not_acceptable" => BrevoFailureKind.Bug,
            _ => BrevoFailureKind.InvalidItem,
        };
    }

    private static bool IsContactWrite(BrevoEndpoint endpoint) =>
        endpoint == BrevoEndpoints.ContactsUpsert || endpoint == BrevoEndpoints.ContactsUpdate;

    private static bool Contains(string? text, string part) => text is not null && text.Contains(part, StringComparison.OrdinalIgnoreCase);
}
