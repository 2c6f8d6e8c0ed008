using System.Globalization;

namespace Sluice.Commands.Import;

/// <summary>How far each file has been imported, kept beside the store's data: an interrupted run goes on there.</summary>
internal sealed class ImportProgress
{
    private readonly string _folder;

    private ImportProgress(string folder) => _folder = folder;

    public static ImportProgress In(string dataDirectory) => new(Path.Combine(dataDirectory, "imports"));

    /// <summary>How many records of the file are done.</summary>
    public long Done(ImportSource source, string project) =>
        Place(source, project) is { } place && File.Exists(place) && long.TryParse(File.ReadAllText(place), NumberStyles.None, CultureInfo.InvariantCulture, out var done) ? done : 0;

    public void Put(ImportSource source, string project, long done)
    {
        if (Place(source, project) is not { } place)
        {
            return;
        }

        // Written beside and moved: a kill leaves the old number or the new one. An older one only means that some events come twice, and
        // are found to be there.
        Directory.CreateDirectory(_folder);
        File.WriteAllText(place + ".new", done.ToString(CultureInfo.InvariantCulture));
        File.Move(place + ".new", place, overwrite: true);
    }

    private string? Place(ImportSource source, string project) =>
        source.Identity is { } identity ? Path.Combine(_folder, $"{project}-{identity}") : null;
}
