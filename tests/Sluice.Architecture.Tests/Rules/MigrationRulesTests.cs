using Sluice.Architecture.Tests.Tree;

namespace Sluice.Architecture.Tests.Rules;

public sealed class MigrationRulesTests
{
    [Fact]
    public void Every_key_of_a_table_with_a_shard_holds_it()
    {
        var migrations = SourceTree.Under("src/Sluice.Storage/Migrations").Where(file => file.Extension == ".sql").ToList();

        RuleAssert.Holds(MigrationRules.Violations(migrations));
    }

    [Fact]
    public void Sound_tables_pass()
    {
        Assert.Empty(Violations(
            """
            -- Citus' table, with a comment; CREATE TABLE no_such (shard int);
            CREATE TABLE projects (id text PRIMARY KEY, name text NOT NULL UNIQUE);
            CREATE TABLE IF NOT EXISTS events (
                shard      integer NOT NULL DEFAULT 0,
                project    bytea   NOT NULL REFERENCES projects (id),
                price      numeric(10, 2) CHECK (price IN (1, 2)),
                kind       text NOT NULL DEFAULT 'a;b(',
                CONSTRAINT events_key PRIMARY KEY (shard, project, "time"),
                UNIQUE (project, shard)
            ) /* strict */;
            CREATE TABLE blobs (shard int, event int, PRIMARY KEY (event, shard), FOREIGN KEY (event, shard) REFERENCES events (id, shard));
            CREATE INDEX events_by_batch ON events (project, batch);
            CREATE UNIQUE INDEX events_by_name ON events USING btree (lower(name), shard) WHERE name IS NOT NULL;
            ALTER TABLE events ADD CONSTRAINT one UNIQUE (shard, a), ADD COLUMN b int;
            CREATE TABLE dead_letters (id bytea PRIMARY KEY, person bytea NULL);
            CREATE TABLE batches (project int PRIMARY KEY) {rows};
            """));
    }

    [Theory]
    [InlineData("CREATE TABLE t (shard int, id int, PRIMARY KEY (id));", "a key of t (id) leaves out shard")]
    [InlineData("create table t (shard int, id int primary key);", "a key of t (id) leaves out shard")]
    [InlineData("CREATE TABLE t (\n\"shard\" int, a int, PRIMARY KEY(shard, a), CONSTRAINT u UNIQUE (a));", "a key of t (a) leaves out shard")]
    [InlineData("CREATE TABLE t (shard int, a int UNIQUE, PRIMARY KEY(shard, a));", "a key of t (a) leaves out shard")]
    [InlineData("CREATE TABLE t (shard int, a int, PRIMARY KEY(shard, a)); CREATE UNIQUE INDEX i ON t (a DESC);", "a key of t (a) leaves out shard")]
    [InlineData("CREATE TABLE t (shard int, a int, PRIMARY KEY(shard, a)); ALTER TABLE t ADD UNIQUE (a);", "a key of t (a) leaves out shard")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY); ALTER TABLE t ADD COLUMN shard int;", "a key of t (a) leaves out shard")]
    [InlineData("CREATE TABLE old (shard int, a int, PRIMARY KEY(a)); ALTER TABLE old RENAME TO t;", "a key of t (a) leaves out shard")]
    [InlineData("CREATE TABLE t (shard int, a int);", "t carries shard and has no primary key")]
    [InlineData("CREATE TABLE p (shard int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p (shard));", "t references p across shards")]
    [InlineData("CREATE TABLE p (shard int PRIMARY KEY); CREATE TABLE t (shard int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES p (shard));", "t references p across shards")]
    [InlineData("CREATE TABLE t (project text, person bytea, PRIMARY KEY (project, person));", "t has rows for each person and does not carry shard")]
    [InlineData("CREATE UNIQUE INDEX i ON t (a);", "a unique index on the unknown table t")]
    [InlineData("CREATE TABLE t AS SELECT 1 AS shard;", "names a key in a form that this reader does not know")]
    [InlineData("ALTER TABLE t ADD UNIQUE (a);", "alters the unknown table t")]
    public void A_key_without_the_shard_is_a_violation(string sql, string violation)
    {
        Assert.Contains(Violations(sql), text => text.EndsWith(violation, StringComparison.Ordinal));
    }

    [Fact]
    public void Migrations_in_which_no_table_is_understood_are_a_violation()
    {
        Assert.Equal(["There are migrations, and no CREATE TABLE was understood in them"], Violations("SELECT 1;"));
    }

    [Fact]
    public void No_migrations_at_all_are_none()
    {
        Assert.Empty(MigrationRules.Violations([]));
    }

    [Fact]
    public void A_later_file_continues_an_earlier_one_and_the_place_is_told()
    {
        var violations = MigrationRules.Violations(
        [
            new SourceFile("m/0001.sql", "CREATE TABLE t (shard int PRIMARY KEY, a int);"),
            new SourceFile("m/0002.sql", "-- second\n\nCREATE UNIQUE INDEX i\n    ON t (a);\n"),
        ]);

        Assert.Equal(["m/0002.sql:3: a key of t (a) leaves out shard"], violations);
    }

    [Fact]
    public void Each_engine_may_have_the_same_table_in_a_folder_of_its_own()
    {
        var violations = MigrationRules.Violations(
        [
            new SourceFile("m/Postgres/0001.sql", "CREATE TABLE t (shard int, a int, PRIMARY KEY (a));"),
            new SourceFile("m/Sqlite/0001.sql", "CREATE TABLE t (shard int, a int, PRIMARY KEY (shard, a));"),
        ]);

        Assert.Equal(["m/Postgres/0001.sql:1: a key of t (a) leaves out shard"], violations);
    }

    private static IEnumerable<string> Violations(string sql)
    {
        return MigrationRules.Violations([new SourceFile("0001.sql", sql)]);
    }
}
