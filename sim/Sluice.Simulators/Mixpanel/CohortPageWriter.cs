using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Simulators.People;

namespace Sluice.Simulators.Mixpanel;

/// <summary>What stands at the head of every page of one action of one run.</summary>
internal sealed record PageHead(
    string CohortId, string CohortName, string? Description, SyncAction Action, Guid SessionId, int TotalPages, MemberSet Members);

/// <summary>Writes the bodies of cohort sync calls, one at a time, into a buffer that is used again for the next.</summary>
internal sealed class CohortPageWriter : IDisposable
{
    // Every property that Mixpanel exports by itself, under its friendly name, with the raw name that can take its place.
    private static readonly (string Friendly, string Raw)[] Automatic =
        [("email", "$email"), ("first_name", "$first_name"), ("last_name", "$last_name"), ("phone_number", "$phone")];

    private readonly CohortSyncOptions _options;
    private readonly PersonDirectory _people;
    private readonly List<(JsonEncodedText Name, string Property)> _properties = [];
    private readonly JavaScriptEncoder _encoder;
    private readonly Utf8JsonWriter _json;
    private ArrayBufferWriter<byte> _buffer = new(64 * 1024);

    public CohortPageWriter(CohortSyncOptions options, PersonDirectory people, IReadOnlyList<string> exported)
    {
        _options = options;
        _people = people;
        _encoder = options.Wire.AsciiOnly ? JavaScriptEncoder.Default : JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = _encoder, SkipValidation = true });
        foreach (var (friendly, raw) in Automatic)
        {
            var replaced = options.Wire.RawNamesReplaceFriendlyOnes && exported.Contains(raw);
            if (!replaced && (friendly != "phone_number" || options.Wire.IncludePhoneNumber))
            {
                _properties.Add((Encode(friendly), raw));
            }
        }

        _properties.AddRange(exported.Distinct().Select(name => (Encode(name), name)));
    }

    /// <summary>Writes a page. The memory is valid until the next call.</summary>
    /// <param name="head">What the pages have in common.</param>
    /// <param name="page">The page, from 1.</param>
    /// <param name="first">The page's first member, or −1 for none.</param>
    /// <param name="memberCount">How many members it got.</param>
    public ReadOnlyMemory<byte> Write(PageHead head, int page, int first, out int memberCount)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteString("action"u8, head.Action.WireName);
        _json.WriteStartObject("parameters"u8);
        WriteId("mixpanel_project_id"u8, _options.ProjectId);
        WriteId("mixpanel_cohort_id"u8, head.CohortId);
        _json.WriteString("mixpanel_cohort_name"u8, head.CohortName);
        if (_options.Wire.IncludeDescription && head.Description is not null)
        {
            _json.WriteString("mixpanel_cohort_description"u8, head.Description);
        }

        _json.WriteString("mixpanel_session_id"u8, head.SessionId);
        if (_options.Wire.IncludePageInfo || head.TotalPages > 1)
        {
            _json.WriteStartObject("page_info"u8);
            WritePageNumber("total_pages"u8, _options.Wire.EmptySessionHasZeroPages && head.Members.Count == 0 ? 0 : head.TotalPages);
            WritePageNumber("page_count"u8, page);
            _json.WriteEndObject();
        }

        if (_options.Wire.IntegrationId is { } integration)
        {
            _json.WriteString("mixpanel_integration_id"u8, integration);
        }

        _json.WriteStartArray("members"u8);
        memberCount = 0;
        for (var number = first; number >= 0 && memberCount < _options.MembersPerCall; number = head.Members.Next(number + 1))
        {
            WriteMember(_people[number]);
            memberCount++;
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    /// <summary>Never touches the last page's memory again.</summary>
    public void LeaveBuffer() => _buffer = new ArrayBufferWriter<byte>(_buffer.Capacity);

    public void Dispose() => _json.Dispose();

    private void WriteMember(Person person)
    {
        _json.WriteStartObject();
        _json.WriteString("mixpanel_distinct_id"u8, person.DistinctId);
        foreach (var (name, property) in _properties)
        {
            if (person.TryGetProperty(property, out var value))
            {
                _json.WritePropertyName(name);
                WriteValue(value);
            }
        }

        _json.WriteEndObject();
    }

    private void WriteValue(object? value)
    {
        switch (value)
        {
            case null:
                _json.WriteNullValue();
                break;
            case string text:
                _json.WriteStringValue(text);
                break;
            case bool flag:
                _json.WriteBooleanValue(flag);
                break;
            case int number:
                _json.WriteNumberValue(number);
                break;
            case long number:
                _json.WriteNumberValue(number);
                break;
            case double number:
                _json.WriteNumberValue(number);
                break;
            case decimal number:
                _json.WriteNumberValue(number);
                break;
            case DateTimeOffset time:
                // Mixpanel's dates have seconds, are in UTC and do not say so.
                _json.WriteStringValue(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
                break;
            case JsonElement element:
                element.WriteTo(_json);
                break;
            case IReadOnlyDictionary<string, object?> map:
                _json.WriteStartObject();
                foreach (var (key, item) in map)
                {
                    _json.WritePropertyName(key);
                    WriteValue(item);
                }

                _json.WriteEndObject();
                break;
            case IEnumerable list:
                _json.WriteStartArray();
                foreach (var item in list)
                {
                    WriteValue(item);
                }

                _json.WriteEndArray();
                break;
            default:
                throw new NotSupportedException($"A profile cannot hold a {value.GetType().Name}.");
        }
    }

    private void WriteId(ReadOnlySpan<byte> name, string id)
    {
        if (_options.Wire.IdsAsNumbers)
        {
            _json.WriteNumber(name, long.Parse(id, CultureInfo.InvariantCulture));
        }
        else
        {
            _json.WriteString(name, id);
        }
    }

    private void WritePageNumber(ReadOnlySpan<byte> name, int number)
    {
        if (_options.Wire.PageInfoAsStrings)
        {
            _json.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            _json.WriteNumber(name, number);
        }
    }

    private JsonEncodedText Encode(string name) => JsonEncodedText.Encode(name, _encoder);
}
