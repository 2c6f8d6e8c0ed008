namespace Sluice.Brevo;

/// <summary>What became of an upsert.</summary>
/// <param name="Created">True when the contact is new, false when it existed.</param>
/// <param name="Id">Brevo's id of the contact. Null after an update: Brevo tells the id of new contacts only.</param>
public sealed record BrevoUpsertResult(bool Created, long? Id);
