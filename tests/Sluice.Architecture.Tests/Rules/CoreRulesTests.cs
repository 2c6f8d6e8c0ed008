using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

public sealed class CoreRulesTests
{
    [Fact]
    public void The_core_names_neither_http_nor_sql_nor_a_destination_and_has_no_clock()
    {
        var files = SourceTree.Under("src/Sluice.Core").Where(file => file.Extension == ".cs").ToList();

        RuleAssert.Holds(files.SelectMany(CoreRules.Violations));
    }

    [Theory]
    [InlineData("using System.Net.Http;")]
    [InlineData("using global::System.Net.Http.Headers;")]
    [InlineData("using Client = System . Net . Http.HttpClient;")]
    [InlineData("using Microsoft.AspNetCore.Http;")]
    [InlineData("using System.Data;")]
    [InlineData("System.Data.Common.DbConnection c;")]
    [InlineData("using Npgsql;")]
    [InlineData("using Microsoft.Data.Sqlite;")]
    [InlineData("using Sluice.Brevo.Contacts;")]
    [InlineData("record BrevoContact(int Id);")]
    [InlineData("var id = brevoId;")]
    [InlineData("IHttpClientFactory f;")]
    [InlineData("var _httpClient = 1;")]
    [InlineData("string updateSql;")]
    [InlineData("var t = $\"{brevoId}\";")]
    [InlineData("var t = $$\"\"\"{ {{BrevoId}} }\"\"\";")]
    public void A_foreign_name_is_a_violation(string code)
    {
        Assert.Equal([1], Lines(code, "does not belong in the core"));
    }

    [Theory]
    [InlineData("var t = DateTime.UtcNow;")]
    [InlineData("var t = System.DateTimeOffset.Now.AddDays(1);")]
    [InlineData("var t = DateTime.Today;")]
    [InlineData("var t = TimeProvider.System;")]
    [InlineData("var t = Stopwatch.GetTimestamp();")]
    [InlineData("var t = Environment.TickCount64;")]
    [InlineData("var t = Guid.CreateVersion7();")]
    public void A_clock_is_a_violation(string code)
    {
        Assert.Equal([1], Lines(code, "clock"));
    }

    [Theory]
    [InlineData("// Brevo and HTTP over System.Net.Http")]
    [InlineData("/* Npgsql\n Brevo */")]
    [InlineData("var t = \"Brevo \\\" Npgsql\";")]
    [InlineData("var t = @\"Brevo \"\" Npgsql\";")]
    [InlineData("var t = @\"\"\"Brevo\"\"\";")]
    [InlineData("var t = $\"Brevo {{Npgsql}} {name}\";")]
    [InlineData("var t = \"\"\"Brevo \"quoted\" Npgsql\"\"\";")]
    [InlineData("var t = $$\"\"\"Brevo {Npgsql} {{name}}\"\"\";")]
    [InlineData("var quote = '\"'; // Brevo \"")]
    [InlineData("var empty = \"\"; // Brevo")]
    [InlineData("TimeProvider clock = timeProvider; var now = clock.GetUtcNow();")]
    [InlineData("var id = Guid.CreateVersion7(now); // not Guid.CreateVersion7()")]
    [InlineData("var squall = sqlarge.Httpx;")]
    public void Comments_literals_and_a_clock_that_was_handed_in_are_none(string code)
    {
        Assert.Empty(CoreRules.Violations(new SourceFile("src/Sluice.Core/Sample.cs", code)));
    }

    [Fact]
    public void The_line_is_right_behind_literals_and_comments_of_several_lines()
    {
        const string Code = "/* one\n two */ var a = \"\"\"\n  three\n  \"\"\";\nvar b = $\"{\n x}\"; BrevoId c;";

        Assert.Equal([6], Lines(Code, "BrevoId"));
    }

    private static IEnumerable<int> Lines(string code, string text)
    {
        return CoreRules.Violations(new SourceFile("src/Sluice.Core/Sample.cs", code))
            .Where(violation => violation.Contains(text, StringComparison.Ordinal))
            .Select(violation => int.Parse(violation.Split(':')[1], provider: null))
            .Distinct();
    }
}
