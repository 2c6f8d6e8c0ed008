using System.Globalization;
using System.Text;

namespace Sluice.Simulators.Brevo;

/// <summary>Files that processes produce; whoever knows the address can download them, as with the real ones.</summary>
internal sealed class FileShelf
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public Uri? BaseUrl { get; set; }

    public string Put(string kind, long processId, byte[] content)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{processId}-{kind}.csv");
        _files[name] = content;
        return new Uri(BaseUrl!, name).ToString();
    }

    public string Put(string kind, long processId, StringBuilder content) =>
        Put(kind, processId, Encoding.UTF8.GetBytes(content.ToString()));

    public byte[]? Find(string name) => _files.GetValueOrDefault(name);

    public void Clear() => _files.Clear();
}
