using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sluice.Configuration.Yaml;

/// <summary>
/// Builds the node tree from the parser's events. YamlDotNet's own tree gives up at the first duplicate key and recurses as deep as the
/// file asks; this one keeps duplicates, so that each can be reported with its place, and stops at <see cref="MaxDepth"/>.
/// </summary>
internal sealed class YamlDocumentReader
{
    /// <summary>Far deeper than any key goes, far shallower than the stack.</summary>
    internal const int MaxDepth = 32;

    private const string SyntaxRemedy =
        "correct the syntax at this place; text with special characters needs quotes, and so does ${NAME} inside { } or [ ]";

    private readonly Parser _parser;
    private readonly Dictionary<string, ConfigNode?> _anchors = new(StringComparer.Ordinal);

    private YamlDocumentReader(string text) => _parser = new Parser(new StringReader(text));

    /// <summary>Reads the one document of a text; null when it is empty.</summary>
    /// <exception cref="ConfigSyntaxException">The text is not one well-formed document.</exception>
    public static ConfigNode? Read(string text)
    {
        RefuseControlCharacters(text);
        var reader = new YamlDocumentReader(text);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException exception)
        {
            // The library's messages are constant texts; none repeats what the file holds.
            var (line, column) = exception.Message.Contains("tab as indentation", StringComparison.Ordinal)
                ? FirstIndentingTab(text)
                : (At(exception.Start.Line), At(exception.Start.Column));
            throw new ConfigSyntaxException($"not valid YAML: {char.ToLowerInvariant(exception.Message[0])}{exception.Message[1..].TrimEnd('.')}", SyntaxRemedy, line, column);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or FormatException or OverflowException or IndexOutOfRangeException)
        {
            // Some malformed texts escape the library as these; an unclosed { is one. What is wrong begins after the last event.
            var last = reader._parser.Current?.End ?? Mark.Empty;
            throw new ConfigSyntaxException("not valid YAML from here on, such as a bracket that is not closed", SyntaxRemedy, At(last.Line), At(last.Column));
        }
    }

    private ConfigNode? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        _parser.Consume<DocumentStart>();
        var root = ReadNode(depth: 1);
        _parser.Consume<DocumentEnd>();
        return _parser.Accept<DocumentStart>(out var second)
            ? throw Refused(second, "a second YAML document begins here", "keep one document in the file")
            : root is ScalarNode { IsNull: true } ? null : root;
    }

    private ConfigNode ReadNode(int depth)
    {
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return ReadAlias(alias);
        }

        var start = _parser.Accept<NodeEvent>(out var nodeEvent)
            ? nodeEvent
            : throw new InvalidOperationException("The parser gave an event that is no node.");
        if (depth > MaxDepth)
        {
            throw Refused(start, $"nested deeper than {MaxDepth} levels", "remove levels");
        }

        RefuseForeignTag(start);
        var anchor = start.Anchor.IsEmpty ? null : start.Anchor.Value;
        if (anchor is not null)
        {
            _anchors[anchor] = null;
        }

        ConfigNode node = start switch
        {
            Scalar => ReadScalar(),
            SequenceStart => ReadSequence(depth),
            _ => ReadMapping(depth),
        };
        if (anchor is not null)
        {
            _anchors[anchor] = node;
        }

        return node;
    }

    // The name behind the star is not repeated: it may be an unquoted secret that happens to begin with one.
    private ConfigNode ReadAlias(AnchorAlias alias) =>
        !_anchors.TryGetValue(alias.Value.Value, out var node)
            ? throw Refused(alias, "an alias names an anchor that is not defined before it", "define the anchor first, or put the value in quotes if it only begins with *")
            : node ?? throw Refused(alias, "an alias stands inside the very node it names", "remove the alias");

    private ScalarNode ReadScalar()
    {
        var scalar = _parser.Consume<Scalar>();
        return new ScalarNode(scalar.Value, scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty, At(scalar.Start.Line), At(scalar.Start.Column));
    }

    private SequenceNode ReadSequence(int depth)
    {
        var start = _parser.Consume<SequenceStart>();
        var items = new List<ConfigNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new SequenceNode(items, At(start.Start.Line), At(start.Start.Column));
    }

    private MappingNode ReadMapping(int depth)
    {
        var start = _parser.Consume<MappingStart>();
        var entries = new List<(ConfigNode, ConfigNode)>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(depth + 1);
            entries.Add((key, ReadNode(depth + 1)));
        }

        return new MappingNode(entries, At(start.Start.Line), At(start.Start.Column));
    }

    private static void RefuseForeignTag(NodeEvent node)
    {
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific && !IsCoreTag(node.Tag.Value))
        {
            throw Refused(node, "a YAML tag that Sluice does not know", "remove the tag, or put the value in quotes if it only begins with !");
        }
    }

    private static bool IsCoreTag(string tag) =>
        tag is "tag:yaml.org,2002:str" or "tag:yaml.org,2002:int" or "tag:yaml.org,2002:float" or "tag:yaml.org,2002:bool"
            or "tag:yaml.org,2002:null" or "tag:yaml.org,2002:map" or "tag:yaml.org,2002:seq";

    // The library takes NUL for the end of the text: what follows would be dropped in silence.
    private static void RefuseControlCharacters(string text)
    {
        var (line, column) = (1, 1);
        foreach (var character in text)
        {
            if (char.IsControl(character) && character is not ('\n' or '\r' or '\t' or '\u0085'))
            {
                throw new ConfigSyntaxException(
                    $"the control character U+{(int)character:X4}", "remove it; inside double quotes it may be written as an escape", line, column);
            }

            (line, column) = character == '\n' ? (line + 1, 1) : (line, column + 1);
        }
    }

    // The library gives the place of such a tab as the beginning of the block that it was found in.
    private static (int Line, int Column) FirstIndentingTab(string text)
    {
        foreach (var (index, line) in text.Split('\n').Index())
        {
            var content = line.AsSpan().IndexOfAnyExcept(' ', '\t');
            var tab = line.AsSpan(0, Math.Max(content, 0)).IndexOf('\t');
            if (tab >= 0)
            {
                return (index + 1, tab + 1);
            }
        }

        return (1, 1);
    }

    private static ConfigSyntaxException Refused(ParsingEvent at, string message, string remedy) =>
        new(message, remedy, At(at.Start.Line), At(at.Start.Column));

    private static int At(long position) => (int)Math.Clamp(position, 0, int.MaxValue);
}
