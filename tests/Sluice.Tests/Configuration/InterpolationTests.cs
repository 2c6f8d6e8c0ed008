namespace Sluice.Tests.Configuration;

public sealed class InterpolationTests
{
    [Theory]
    [InlineData("${A}", "one")]
    [InlineData("\"${A}\"", "one")]
    [InlineData("'${A}'", "one")]
    [InlineData("x${A}-${B}y", "xone-twoy")]
    [InlineData("$${A}", "${A}")]
    [InlineData("$$${A}", "$${A}")]
    [InlineData("a$b", "a$b")]
    [InlineData("$A", "$A")]
    [InlineData("\"}{$\"", "}{$")]
    [InlineData("${NESTED}", "${A}")]
    public void Variables_are_replaced_once_wherever_they_stand(string written, string read) =>
        Assert.Equal(
            read,
            Given.Project($"connectors: {{ mixpanel: {{ project_token: {(written[0] is '"' or '\'' ? written : $"\"{written}\"")} }} }}", ("A", "one"), ("B", "two"), ("NESTED", "${A}")).Mixpanel!.ProjectToken);

    [Fact]
    public void Keys_are_never_replaced()
    {
        var project = Given.Project("property_mapping: { $email: email, \"${A}\": X }\nevent_mapping: { \"${A}\": one }", ("A", "replaced"));
        Assert.Equal("one", project.EventMapping.NameOf("${A}"));
        Assert.Equal("ProfileProperty { Name = ${A} }", project.PropertyMapping.Entries[1].Source.ToString());
    }

    [Fact]
    public void A_replaced_value_is_read_like_a_written_one()
    {
        var project = Given.Project(
            "connectors: { mixpanel: { enabled: '${E}', project_id: '${P}', lists: { all_users: { list: '${L}', max_removal: '${M}', mode: '${O}' } } } }",
            ("E", "false"), ("P", "12"), ("L", "3"), ("M", "0.25"), ("O", "add"));
        Assert.False(project.Mixpanel!.Enabled);
        Assert.Equal("ListSettings { Source = AllUsers { }, ListId = 3, Mode = Add, MaxRemoval = 0.25 }", Assert.Single(project.Mixpanel.Lists).ToString());
    }

    [Theory]
    [InlineData("server: { master_key: \"${NONE}\" }")]
    [InlineData("server: { master_key: \"${EMPTY}\" }")]
    [InlineData("server: { master_key: \"\" }")]
    [InlineData("project: { access_key: \"${NONE}\", secret_key: \"${EMPTY}\" }")]
    [InlineData("project: { access_key: \"\", secret_key: ~ }")]
    public void Keys_that_are_generated_may_come_from_a_variable_that_is_not_there(string yaml)
    {
        var settings = Given.Settings(yaml, ("EMPTY", ""));
        Assert.Null(settings.Server.MasterKey);
        Assert.Null(settings.Projects[0].AccessKey);
        Assert.Null(settings.Projects[0].SecretKey);
    }

    [Theory]
    [InlineData("project: { access_key: \"k-${NONE}\" }", "1:24: project.access_key — reads the environment variable NONE, which is not set; set NONE, or remove the key")]
    [InlineData("connectors: { mixpanel: { oauth_token: \"${NONE}\" } }", "1:40: connectors.mixpanel.oauth_token — reads the environment variable NONE, which is not set; set NONE, or remove the key")]
    [InlineData("connectors: { mixpanel: { project_token: \"${EMPTY}\" } }", "1:42: connectors.mixpanel.project_token — reads the environment variable EMPTY, which is empty; accepted: text on one line; or remove the key")]
    [InlineData("server: { urls: \"http://127.0.0.1:${NONE}\" }", "1:17: server.urls — reads the environment variable NONE, which is not set; set NONE, or remove the key")]
    [InlineData("server: { data: \"${}\" }", "1:17: server.data — has a ${ that is not followed by a name and }; write ${NAME} for an environment variable, $${ for the two characters themselves")]
    [InlineData("server: { data: \"${A:-x}\" }", "1:17: server.data — has a ${ that is not followed by a name and }; write ${NAME} for an environment variable, $${ for the two characters themselves")]
    [InlineData("server: { data: \"${A\" }", "1:17: server.data — has a ${ that is not followed by a name and }; write ${NAME} for an environment variable, $${ for the two characters themselves")]
    public void A_variable_that_is_not_there_is_named(string yaml, string finding) => Assert.Equal(finding, Given.Findings(yaml, ("EMPTY", ""), ("A", "a")));

    [Fact]
    public void Every_missing_variable_of_a_value_is_named() =>
        Assert.Equal(
            """
            1:24: storage.connection — reads the environment variable HOST, which is not set; set HOST, or remove the key
            1:24: storage.connection — reads the environment variable PASS, which is not set; set PASS, or remove the key
            """,
            Given.Findings("storage: { connection: \"Host=${HOST};Password=${PASS};Also=${HOST}\" }"));
}
