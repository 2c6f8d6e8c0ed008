using System.Text.Json;
using Sluice.Mixpanel.Json;

namespace Sluice.Mixpanel.Cohorts;

/// <summary>
/// Reads a page piece by piece. It is given a window on the body, takes as much of it as it can, and says how much; what
/// is left must stand at the beginning of the next window. A member is taken only when it is whole.
/// </summary>
internal sealed class PageReader(CohortWebhookParserOptions options) : IDisposable
{
    private const int LongestKnownKey = 64;

    private readonly Envelope _envelope = new();
    private readonly MemberCollector _innerMembers = new(options);
    private MemberCollector? _outerMembers;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = options.MaxDepth });
    private Place _place = Place.BeforeRoot;
    private Place _placeAfter;
    private string _key = "";
    private int _depth;
    private int _largeFrom;

    private enum Place
    {
        BeforeRoot,
        Root,
        RootValue,
        Parameters,
        ParametersValue,
        PageInfo,
        PageInfoValue,
        InnerMembers,
        OuterMembers,
        LargeMember,
        IgnoredValue,
        AfterRoot,
    }

    /// <summary>Why reading stopped for good, or null.</summary>
    public CohortWebhookFailure? Failure { get; private set; }

    /// <summary>How many bytes of the first line were skipped before the first window.</summary>
    public int SkippedBytes { get; set; }

    /// <summary>Reads on, unless it failed.</summary>
    /// <returns>How many bytes of the window are done with.</returns>
    public int Read(ReadOnlySpan<byte> window)
    {
        var reader = new Utf8JsonReader(window, isFinalBlock: false, _state);
        _largeFrom = 0;
        try
        {
            while (Failure is null && Step(ref reader, window))
            {
            }
        }
        catch (JsonException exception)
        {
            var line = exception.LineNumber.GetValueOrDefault();
            var position = exception.BytePositionInLine.GetValueOrDefault() + (line == 0 ? SkippedBytes : 0);
            Failure = IsTooDeep(ref reader, window)
                ? Fail(CohortWebhookFailureKind.TooDeep, PageProblems.TooDeep(line, position, options.MaxDepth))
                : Fail(CohortWebhookFailureKind.NotJson, PageProblems.NotJson(line, position));
            return 0;
        }

        if (_place == Place.LargeMember)
        {
            Members(_placeAfter).AddLargePiece(window[_largeFrom..(int)reader.BytesConsumed]);
        }

        _state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    /// <summary>Says what the page is, now that the body has ended.</summary>
    /// <param name="totalBytes">How many bytes the body had.</param>
    public CohortWebhookResult Complete(long totalBytes)
    {
        if (Failure is not null)
        {
            return Failure;
        }

        if (_place == Place.BeforeRoot)
        {
            // No reading has failed, so this is nothing, or something like a number that might have gone on.
            return Fail(CohortWebhookFailureKind.NotJson, totalBytes == SkippedBytes ? PageProblems.Empty : PageProblems.NotAnObject);
        }

        if (_place != Place.AfterRoot)
        {
            return Fail(CohortWebhookFailureKind.Truncated, PageProblems.Truncated(totalBytes));
        }

        if (_envelope.Problem() is { } problem)
        {
            return Fail(CohortWebhookFailureKind.WrongEnvelope, problem);
        }

        var members = _envelope.Members == EnvelopeState.Missing ? _outerMembers ?? _innerMembers : _innerMembers;
        return members.IsOverfull
            ? Fail(CohortWebhookFailureKind.TooManyMembers, PageProblems.TooManyMembers(options.MaxMembers))
            : Page(members);
    }

    public CohortWebhookFailure Fail(CohortWebhookFailureKind kind, string message) =>
        new(kind, message, _envelope.Action.Value);

    public void Dispose()
    {
        _innerMembers.Dispose();
        _outerMembers?.Dispose();
    }

    private CohortWebhookPage Page(MemberCollector members)
    {
        var (store, rejected, contentHash) = members.Complete();
        return new CohortWebhookPage(store, rejected, contentHash)
        {
            Action = CohortActionNames.Find(_envelope.Action.Value)!.Value,
            ProjectId = _envelope.ProjectId.Value!,
            CohortId = _envelope.CohortId.Value!,
            CohortName = _envelope.CohortName.Value!,
            CohortDescription = _envelope.CohortDescription.Value,
            SessionId = _envelope.SessionId.Value!,
            TotalPages = Math.Max(1, _envelope.TotalPages.Value),
            PageNumber = Math.Max(1, _envelope.PageCount.Value),
        };
    }

    /// <summary>Takes one step; false when the window has no more whole tokens.</summary>
    private bool Step(ref Utf8JsonReader reader, ReadOnlySpan<byte> window)
    {
        switch (_place)
        {
            case Place.InnerMembers or Place.OuterMembers:
                return StepMember(ref reader, window);
            case Place.LargeMember:
                return StepLargeMember(ref reader, window);
        }

        if (!reader.Read())
        {
            return false;
        }

        switch (_place)
        {
            case Place.BeforeRoot when reader.TokenType == JsonTokenType.StartObject:
                _place = Place.Root;
                break;
            case Place.BeforeRoot:
                Failure = Fail(CohortWebhookFailureKind.NotJson, PageProblems.NotAnObject);
                break;
            case Place.Root:
                TakeKey(ref reader, Place.RootValue, Place.AfterRoot);
                break;
            case Place.Parameters:
                TakeKey(ref reader, Place.ParametersValue, Place.Root);
                break;
            case Place.PageInfo:
                TakeKey(ref reader, Place.PageInfoValue, Place.Parameters);
                break;
            case Place.RootValue:
                TakeRootValue(ref reader);
                break;
            case Place.ParametersValue:
                TakeParametersValue(ref reader);
                break;
            case Place.PageInfoValue:
                TakePageInfoValue(ref reader);
                break;
            case Place.IgnoredValue when IsEnd(ref reader):
                _place = _placeAfter;
                break;
        }

        return true;
    }

    private void TakeKey(ref Utf8JsonReader reader, Place value, Place afterObject)
    {
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            _place = afterObject;
            return;
        }

        _key = WireText.Decode(reader.ValueSpan, LongestKnownKey, out _, out _);
        _place = value;
    }

    private void TakeRootValue(ref Utf8JsonReader reader)
    {
        _place = Place.Root;
        switch (_key)
        {
            case "action":
                _envelope.Action = EnvelopeText.ReadText(ref reader, Envelope.MaxActionCharacters, cut: false, mend: false);
                break;
            case "parameters":
                _envelope.ResetParameters(StateOf(ref reader, JsonTokenType.StartObject));
                _innerMembers.Clear();
                Enter(ref reader, JsonTokenType.StartObject, Place.Parameters);
                break;
            case "members":
                _envelope.OuterMembers = StateOf(ref reader, JsonTokenType.StartArray);
                _outerMembers ??= new MemberCollector(options);
                _outerMembers.Clear();
                Enter(ref reader, JsonTokenType.StartArray, Place.OuterMembers);
                break;
        }

        IgnoreUnlessEntered(ref reader, Place.Root);
    }

    private void TakeParametersValue(ref Utf8JsonReader reader)
    {
        _place = Place.Parameters;
        switch (_key)
        {
            case "mixpanel_project_id":
                _envelope.ProjectId = EnvelopeText.ReadId(ref reader, Envelope.MaxIdBytes);
                break;
            case "mixpanel_cohort_id":
                _envelope.CohortId = EnvelopeText.ReadId(ref reader, Envelope.MaxIdBytes);
                break;
            case "mixpanel_cohort_name":
                _envelope.CohortName = EnvelopeText.ReadText(ref reader, Envelope.MaxNameCharacters, cut: false, mend: true);
                break;
            case "mixpanel_cohort_description":
                _envelope.CohortDescription = EnvelopeText.ReadText(ref reader, Envelope.MaxDescriptionCharacters, cut: true, mend: true);
                break;
            case "mixpanel_session_id":
                _envelope.SessionId = EnvelopeText.ReadId(ref reader, Envelope.MaxIdBytes);
                break;
            case "page_info":
                _envelope.ResetPageInfo(StateOf(ref reader, JsonTokenType.StartObject));
                Enter(ref reader, JsonTokenType.StartObject, Place.PageInfo);
                break;
            case "members":
                _envelope.Members = StateOf(ref reader, JsonTokenType.StartArray);
                _innerMembers.Clear();
                Enter(ref reader, JsonTokenType.StartArray, Place.InnerMembers);
                break;
        }

        IgnoreUnlessEntered(ref reader, Place.Parameters);
    }

    private void TakePageInfoValue(ref Utf8JsonReader reader)
    {
        _place = Place.PageInfo;
        switch (_key)
        {
            case "total_pages":
                _envelope.TotalPages = EnvelopeNumber.Read(ref reader);
                break;
            case "page_count":
                _envelope.PageCount = EnvelopeNumber.Read(ref reader);
                break;
        }

        IgnoreUnlessEntered(ref reader, Place.PageInfo);
    }

    private bool StepMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> window)
    {
        var before = reader;
        if (!reader.Read())
        {
            return false;
        }

        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _place = _place == Place.InnerMembers ? Place.Parameters : Place.Root;
            return true;
        }

        var start = (int)reader.TokenStartIndex;
        var members = Members(_place);
        if (!reader.TrySkip())
        {
            if (window.Length - start < options.MaxMemberBytes)
            {
                reader = before;
                return false;
            }

            members.BeginLarge();
            _largeFrom = start;
            _depth = reader.CurrentDepth;
            _placeAfter = _place;
            _place = Place.LargeMember;
            return true;
        }

        var member = window[start..(int)reader.BytesConsumed];
        if (member.Length > options.MaxMemberBytes)
        {
            members.BeginLarge();
            members.AddLargePiece(member);
            members.EndLarge();
        }
        else
        {
            members.Add(member);
        }

        return true;
    }

    private bool StepLargeMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> window)
    {
        while (reader.Read())
        {
            if (IsEnd(ref reader))
            {
                var members = Members(_placeAfter);
                members.AddLargePiece(window[_largeFrom..(int)reader.BytesConsumed]);
                members.EndLarge();
                _place = _placeAfter;
                return true;
            }
        }

        return false;
    }

    private MemberCollector Members(Place place) => place == Place.OuterMembers ? _outerMembers! : _innerMembers;

    private void Enter(ref Utf8JsonReader reader, JsonTokenType expected, Place place)
    {
        if (reader.TokenType == expected)
        {
            _place = place;
        }
    }

    private void IgnoreUnlessEntered(ref Utf8JsonReader reader, Place current)
    {
        if (_place == current && (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            _depth = reader.CurrentDepth;
            _placeAfter = current;
            _place = Place.IgnoredValue;
        }
    }

    private bool IsEnd(ref Utf8JsonReader reader) =>
        (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray) && reader.CurrentDepth == _depth;

    private static EnvelopeState StateOf(ref Utf8JsonReader reader, JsonTokenType expected) =>
        reader.TokenType == expected ? EnvelopeState.Present
        : reader.TokenType == JsonTokenType.Null ? EnvelopeState.Missing
        : EnvelopeState.WrongType;

    /// <summary>
    /// The reader says that it refused a token, but not whether for the depth. It did when as many levels are open as
    /// may be, and the token that it stands at would open one more.
    /// </summary>
    private bool IsTooDeep(ref Utf8JsonReader reader, ReadOnlySpan<byte> window)
    {
        var at = (int)reader.BytesConsumed;
        var open = reader.CurrentDepth + (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? 1 : 0);
        return open >= options.MaxDepth && at < window.Length && (window[at] is (byte)'{' or (byte)'[');
    }
}
