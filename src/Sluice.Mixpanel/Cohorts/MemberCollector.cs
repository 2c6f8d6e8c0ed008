using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>Takes the members of one list one by one and keeps what becomes of them.</summary>
internal sealed class MemberCollector : IDisposable
{
    // Renaming to a profile name adds one byte to a key, for five keys at most; an empty object has two.
    private const int MostAddedBytes = 8;

    private const byte Separator = (byte)'\n';

    private readonly CohortWebhookParserOptions _options;
    private readonly MemberScanner _scanner;
    private readonly IdentityLookup _identity;
    private readonly ArrayBufferWriter<byte> _largeBeginning = new();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private MemberStore _store = new();
    private List<RejectedCohortMember> _rejected = [];
    private byte[] _scratch = [];
    private int _received;

    private JsonCompactor _largeCompactor;
    private long _largeBytes;

    public MemberCollector(CohortWebhookParserOptions options)
    {
        _options = options;
        _scanner = new MemberScanner(options);
        _identity = new IdentityLookup(options.IdentityProperty);
    }

    /// <summary>Whether there were more members than a page may have. From then on nothing is kept.</summary>
    public bool IsOverfull => _received > _options.MaxMembers;

    /// <summary>Forgets everything, because the same list came again.</summary>
    public void Clear()
    {
        _store.Clear();
        _rejected.Clear();
        _received = 0;
        _hash.GetHashAndReset();
    }

    /// <summary>Takes a member that is complete and not too large.</summary>
    public void Add(ReadOnlySpan<byte> raw)
    {
        if (!Count())
        {
            return;
        }

        // Members contain no line break once their white space is gone, so no two lists of members hash alike.
        var scratch = Scratch(raw.Length + 1);
        var json = scratch[..default(JsonCompactor).Write(raw, scratch)];
        scratch[json.Length] = Separator;
        _hash.AppendData(scratch[..(json.Length + 1)]);
        if (json[0] != '{')
        {
            Reject(CohortRejectionReasons.NotAnObject, "The member is not a JSON object.", raw, raw.Length, default);
            return;
        }

        var isUtf8 = Utf8.IsValid(json);
        json = json[..JsonEscapes.Normalise(json, out var escapeProblem)];
        _scanner.Scan(json);
        var contact = Contact(json);
        if (Judge(isUtf8, escapeProblem, contact.Id) is (var reason, var detail))
        {
            Reject(reason, detail, raw, raw.Length, contact);
            return;
        }

        Store(json, contact);
    }

    /// <summary>Begins a member that is too large to be held; its bytes follow with <see cref="AddLargePiece"/>.</summary>
    public void BeginLarge()
    {
        _largeCompactor = default;
        _largeBytes = 0;
        _largeBeginning.ResetWrittenCount();
    }

    public void AddLargePiece(ReadOnlySpan<byte> raw)
    {
        _largeBytes += raw.Length;
        _largeBeginning.Write(raw[..Math.Min(raw.Length, _options.MaxRejectedPayloadBytes - _largeBeginning.WrittenCount)]);
        while (!raw.IsEmpty && _received < _options.MaxMembers)
        {
            var piece = raw[..Math.Min(raw.Length, 16 * 1024)];
            var scratch = Scratch(piece.Length);
            _hash.AppendData(scratch[.._largeCompactor.Write(piece, scratch)]);
            raw = raw[piece.Length..];
        }
    }

    public void EndLarge()
    {
        if (Count())
        {
            _hash.AppendData([Separator]);
            Reject(
                CohortRejectionReasons.MemberTooLarge,
                $"The member has {_largeBytes} bytes; {_options.MaxMemberBytes} are taken.",
                _largeBeginning.WrittenSpan,
                _largeBytes,
                default);
        }
    }

    /// <summary>Hands over what was collected; the caller owns the store from then on.</summary>
    public (MemberStore Store, IReadOnlyList<RejectedCohortMember> Rejected, byte[] ContentHash) Complete()
    {
        var result = (_store, _rejected, _hash.GetHashAndReset());
        _store = new MemberStore();
        _rejected = [];
        return result;
    }

    public void Dispose()
    {
        _store.Dispose();
        _hash.Dispose();
        ReturnScratch();
    }

    private bool Count()
    {
        _received = Math.Min(_received + 1, _options.MaxMembers + 1);
        if (IsOverfull)
        {
            _store.Clear();
            _rejected.Clear();
        }

        return !IsOverfull;
    }

    /// <summary>The first reason why a member that is an object cannot be used, or null.</summary>
    private (string Reason, string Detail)? Judge(bool isUtf8, EscapeProblem escapeProblem, ReadOnlySpan<byte> id)
    {
        if (!isUtf8)
        {
            return (CohortRejectionReasons.InvalidUtf8, "A name or a text of the member is not UTF-8.");
        }

        if (escapeProblem != EscapeProblem.None)
        {
            return escapeProblem == EscapeProblem.NulCharacter
                ? (CohortRejectionReasons.NulCharacter, "A name or a text of the member holds the character U+0000.")
                : (CohortRejectionReasons.LoneSurrogate, "A name or a text of the member holds half of a surrogate pair.");
        }

        if (_scanner.Problem is not null)
        {
            return _scanner.Problem;
        }

        if (id.IsEmpty)
        {
            return (CohortRejectionReasons.NoDistinctId, "The member has no id that is a number or a text of at least one character.");
        }

        var idBytes = JsonEscapes.UnescapedLength(id);
        return idBytes > _options.MaxDistinctIdBytes
            ? (CohortRejectionReasons.DistinctIdTooLong, $"The id has {idBytes} bytes; {_options.MaxDistinctIdBytes} are taken.")
            : null;
    }

    private MemberContact Contact(ReadOnlySpan<byte> json) => new(
        _identity.Find(json, _scanner),
        CompactJson.Text(_scanner.Friendly(json, MemberKeys.Email).Of(json)),
        CompactJson.TextOrNumber(_scanner.Friendly(json, MemberKeys.Phone).Of(json)));

    private void Store(ReadOnlySpan<byte> json, MemberContact contact)
    {
        var room = _store.Reserve(contact.Id.Length + contact.Email.Length + contact.Phone.Length + json.Length + MostAddedBytes);
        JsonEscapes.TryUnescape(contact.Id, room, out var id);
        JsonEscapes.TryUnescape(contact.Email, room[id..], out var email);
        JsonEscapes.TryUnescape(contact.Phone, room[(id + email)..], out var phone);
        _store.Commit(id, email, phone, WriteProperties(json, room[(id + email + phone)..]));
    }

    private int WriteProperties(ReadOnlySpan<byte> json, Span<byte> destination)
    {
        var written = 0;
        foreach (var property in MemberKeys.Friendly)
        {
            Put(property.ProfileName, _scanner.Friendly(json, property).Of(json), destination, ref written);
        }

        var others = _scanner.Others;
        for (var i = 0; i < others.Count; i++)
        {
            Put(others.Name(i).Of(json), others.Value(i).Of(json), destination, ref written);
        }

        if (written == 0)
        {
            destination[written++] = (byte)'{';
        }

        destination[written++] = (byte)'}';
        return written;
    }

    private static void Put(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Span<byte> destination, ref int written)
    {
        if (value.IsEmpty)
        {
            return;
        }

        destination[written] = written == 0 ? (byte)'{' : (byte)',';
        destination[written + 1] = (byte)'"';
        name.CopyTo(destination[(written + 2)..]);
        written += 2 + name.Length;
        destination[written] = (byte)'"';
        destination[written + 1] = (byte)':';
        value.CopyTo(destination[(written + 2)..]);
        written += 2 + value.Length;
    }

    private void Reject(string reason, string detail, ReadOnlySpan<byte> beginning, long receivedBytes, MemberContact contact)
    {
        var payload = RejectedPayload.From(beginning, receivedBytes, _options.MaxRejectedPayloadBytes);
        _rejected.Add(new RejectedCohortMember
        {
            Index = _received - 1,
            Reason = reason,
            Detail = detail,
            DistinctId = Readable(contact.Id),
            Email = Readable(contact.Email),
            Phone = Readable(contact.Phone),
            Payload = payload.Text,
            PayloadIsBase64 = payload.IsBase64,
            PayloadIsCut = payload.IsCut,
            ReceivedBytes = receivedBytes,
        });
    }

    private static string? Readable(ReadOnlySpan<byte> text)
    {
        // Longer than this it is no address and no id that anything was ever stored under.
        if (text.Length is 0 or > 4096)
        {
            return null;
        }

        Span<byte> plain = stackalloc byte[text.Length];
        return JsonEscapes.TryUnescape(text, plain, out var length) && Utf8.IsValid(plain[..length])
            ? Encoding.UTF8.GetString(plain[..length])
            : null;
    }

    private Span<byte> Scratch(int bytes)
    {
        if (_scratch.Length < bytes)
        {
            ReturnScratch();
            _scratch = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, 4096));
        }

        return _scratch;
    }

    private void ReturnScratch()
    {
        if (_scratch.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_scratch);
            _scratch = [];
        }
    }

    private readonly ref struct MemberContact(ReadOnlySpan<byte> id, ReadOnlySpan<byte> email, ReadOnlySpan<byte> phone)
    {
        public readonly ReadOnlySpan<byte> Id = id;
        public readonly ReadOnlySpan<byte> Email = email;
        public readonly ReadOnlySpan<byte> Phone = phone;
    }
}
