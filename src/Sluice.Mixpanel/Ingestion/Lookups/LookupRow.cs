namespace Sluice.Mixpanel.Ingestion.Lookups;

/// <summary>One row of a lookup table.</summary>
/// <param name="Index">Its number, from 1; the header is row 0.</param>
/// <param name="Key">The first column as text.</param>
/// <param name="Values">
/// The other columns by name: a compact JSON object in UTF-8, valid until the next row is read. Numbers, booleans and lists of texts
/// are such, a date-time is a text in UTC without its offset as in Mixpanel's properties, and empty columns are left out.
/// </param>
public readonly record struct LookupRow(int Index, string Key, ReadOnlyMemory<byte> Values);
