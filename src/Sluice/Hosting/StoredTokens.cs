using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Core.Management;
using Sluice.Mixpanel.Client;

namespace Sluice.Hosting;

/// <summary>An authorisation as it lies encrypted in the store.</summary>
/// <param name="AccessToken">Null when there is none yet.</param>
/// <param name="TurnOwner">Who is renewing the tokens; null when nobody is.</param>
/// <param name="TurnUntil">When that turn ends by itself.</param>
/// <param name="TriedAt">When the refresh token was first sent without an answer that was kept; null when it was not.</param>
internal sealed record StoredAuthorisation(
    string? AccessToken, string RefreshToken, DateTimeOffset? ExpiresAt, string? TurnOwner = null, DateTimeOffset? TurnUntil = null, DateTimeOffset? TriedAt = null)
{
    public override string ToString() => nameof(StoredAuthorisation);
}

[JsonSerializable(typeof(StoredAuthorisation))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class AuthorisationJson : JsonSerializerContext;

/// <summary>The tokens of one authorisation in the store that all nodes share.</summary>
/// <param name="name">Tells the authorisation apart.</param>
/// <param name="given">The refresh token that somebody gave: where it begins.</param>
/// <param name="owner">Who takes turns here. The same owner takes up its own turn again: it was this one before a restart.</param>
/// <param name="turns">Which of the owner's sources took the last turn of an authorisation in this process, by its name.</param>
internal sealed class StoredTokens(
    IAuthorisations authorisations, SecretBox box, string project, string name, string given, string owner, ConcurrentDictionary<string, StoredTokens> turns) : ITokenStore
{
    // Longer than a renewal may take, with its write.
    private static readonly TimeSpan TurnLength = OAuthTokens.Deadline + TimeSpan.FromSeconds(15);

    public async ValueTask<MixpanelTokenSet?> ReadAsync(CancellationToken cancellationToken)
    {
        var kept = Open(await authorisations.ReadAsync(project, name, cancellationToken));
        return kept.AccessToken is { } token ? new MixpanelTokenSet(token, kept.RefreshToken, kept.ExpiresAt) : MixpanelTokenSet.OfRefreshToken(kept.RefreshToken);
    }

    public async ValueTask<TokenTurn> TakeTurnAsync(string refreshToken, CancellationToken cancellationToken) => await UpdateAsync(
        (kept, now) =>
        {
            if (kept.RefreshToken != refreshToken)
            {
                return (kept, TokenTurn.Past);
            }

            if (kept.TurnUntil > now && !IsOwn(kept))
            {
                return (kept, TokenTurn.Others);
            }

            // Before the row is free for the next one of this process. If it is not written after all, it says so itself: it has no turn.
            turns[name] = this;
            return (kept with { TurnOwner = owner, TurnUntil = now + TurnLength, TriedAt = kept.TriedAt ?? now }, kept.TriedAt is null ? TokenTurn.Mine : TokenTurn.MineAfterBreak);
        },
        cancellationToken);

    public async ValueTask WriteAsync(string spent, MixpanelTokenSet tokens, CancellationToken cancellationToken) => await UpdateAsync(
        (kept, _) => (kept.RefreshToken == spent ? new StoredAuthorisation(tokens.AccessToken, tokens.RefreshToken ?? spent, tokens.ExpiresAt) : kept, true), cancellationToken);

    public async ValueTask EndTurnAsync(string refreshToken, bool perhapsSpent, CancellationToken cancellationToken) => await UpdateAsync(
        (kept, _) => (
            kept.RefreshToken == refreshToken && IsOwn(kept)
                ? kept with { TurnOwner = null, TurnUntil = null, TriedAt = perhapsSpent ? kept.TriedAt : null }
                : kept,
            true),
        cancellationToken);

    // What nobody took in this process is from before its start.
    private bool IsOwn(StoredAuthorisation kept) => kept.TurnOwner == owner && turns.GetValueOrDefault(name, this) == this;

    private Task<T> UpdateAsync<T>(Func<StoredAuthorisation, DateTimeOffset, (StoredAuthorisation Next, T Result)> change, CancellationToken cancellationToken) =>
        authorisations.UpdateAsync(
            project, name,
            (content, now) =>
            {
                var (next, result) = change(Open(content), now);
                return (box.Seal(Purpose, JsonSerializer.SerializeToUtf8Bytes(next, AuthorisationJson.Default.StoredAuthorisation)), result);
            },
            cancellationToken);

    private string Purpose => $"authorisation\0{project}\0{name}";

    private StoredAuthorisation Open(byte[]? content)
    {
        if (content is null)
        {
            return new StoredAuthorisation(null, given, null);
        }

        try
        {
            return JsonSerializer.Deserialize(box.Open(Purpose, content), AuthorisationJson.Default.StoredAuthorisation)!;
        }
        catch (CryptographicException e)
        {
            throw new StartException($"The OAuth tokens of project {project} cannot be decrypted: the store was changed by another hand.", e);
        }
    }
}
