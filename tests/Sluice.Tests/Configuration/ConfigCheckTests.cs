using System.Text.Json;
using Sluice.Configuration;

namespace Sluice.Tests.Configuration;

public sealed class ConfigCheckTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-check-");
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_valid_file_is_0_with_a_summary_on_the_error_stream()
    {
        var file = Write("project: { id: a }");
        Assert.Equal(0, await RunAsync(file, ConfigCheckFormat.Text));
        Assert.Equal("", _output.ToString());
        Assert.Equal($"{file} is valid: 1 project, 0 warnings\n", _error.ToString());
    }

    [Fact]
    public async Task Warnings_are_shown_and_still_0()
    {
        var file = Write("alerts: []");
        Assert.Equal(0, await RunAsync(file, ConfigCheckFormat.Text));
        Assert.Equal($"{file}:1:1: warning: alerts — is not used by this version; remove it, or leave it for a later version\n", _output.ToString());
        Assert.Equal($"{file} is valid: 1 project, 1 warning\n", _error.ToString());
    }

    [Fact]
    public async Task Problems_are_78_and_come_before_warnings()
    {
        var file = Write("alerts: []\nsever: {}\nstorage: { engine: mysql }");
        Assert.Equal(78, await RunAsync(file, ConfigCheckFormat.Text));
        Assert.Equal(
            $"""
            {file}:2:1: sever — is not a known key; did you mean server?
            {file}:3:20: storage.engine — 'mysql' is not one of the choices; accepted: sqlite or postgres
            {file}:1:1: warning: alerts — is not used by this version; remove it, or leave it for a later version

            """,
            _output.ToString());
        Assert.Equal($"{file} is not valid: 2 problems, 1 warning\n", _error.ToString());
    }

    [Fact]
    public async Task For_machines_everything_is_one_json_object()
    {
        var file = Write("alerts: []\nstorage: { engine: mysql }");
        Assert.Equal(78, await RunAsync(file, ConfigCheckFormat.Json));
        Assert.Equal(
            $$"""
            {
              "file": {{JsonSerializer.Serialize(file)}},
              "valid": false,
              "problems": [
                {
                  "key": "storage.engine",
                  "line": 2,
                  "column": 20,
                  "message": "'mysql' is not one of the choices",
                  "remedy": "accepted: sqlite or postgres"
                }
              ],
              "warnings": [
                {
                  "key": "alerts",
                  "line": 1,
                  "column": 1,
                  "message": "is not used by this version",
                  "remedy": "remove it, or leave it for a later version"
                }
              ]
            }

            """,
            _output.ToString());
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public async Task A_missing_file_is_78()
    {
        Assert.Equal(78, await RunAsync(Path.Combine(_folder.FullName, "none.yaml"), ConfigCheckFormat.Text));
        Assert.EndsWith("none.yaml is not valid: 1 problem, 0 warnings\n", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_may_be_named_by_the_variable()
    {
        var file = Write("project: { id: a }");
        var code = await ConfigCheck.RunAsync(
            configOption: null, Given.Environment(("SLUICE_CONFIG", file)), ConfigCheckFormat.Text, _output, _error, TestContext.Current.CancellationToken);
        Assert.Equal(0, code);
        Assert.StartsWith(file, _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(string file, ConfigCheckFormat format) =>
        ConfigCheck.RunAsync(file, Given.Environment(), format, _output, _error, TestContext.Current.CancellationToken);

    private string Write(string yaml)
    {
        var file = Path.Combine(_folder.FullName, "sluice.yaml");
        File.WriteAllText(file, yaml);
        return file;
    }
}
