using Sluice.Simulators.Mixpanel.Ingestion;

namespace Sluice.Simulators.Mixpanel.App;

/// <summary>A service account as the simulator keeps it.</summary>
internal sealed class Account(long id, string userName, string secret, long organizationId, MixpanelRole role, DateTimeOffset created)
{
    public long Id => id;

    public string UserName => userName;

    public string Secret => secret;

    public long OrganizationId => organizationId;

    /// <summary>What it may do in the organization.</summary>
    public MixpanelRole Role => role;

    public DateTimeOffset Created => created;

    public DateTimeOffset? Expires { get; init; }

    public DateTimeOffset? LastUsed { get; set; }

    /// <summary>What it may do, by project.</summary>
    public SortedDictionary<string, MixpanelRole> Projects { get; } = new(StringComparer.Ordinal);
}

/// <summary>All service accounts: those of the options and those that were made by the API.</summary>
internal sealed class AccountBook
{
    private readonly SortedDictionary<long, Account> _accounts = [];
    private long _lastId = 5_000;

    public AccountBook(IEnumerable<MixpanelProject> projects, DateTimeOffset now)
    {
        foreach (var project in projects)
        {
            foreach (var given in project.ServiceAccounts)
            {
                // One account may be in several projects.
                var account = _accounts.Values.FirstOrDefault(known => known.UserName == given.UserName && known.Secret == given.Secret)
                    ?? Add(given.UserName, given.Secret, project.OrganizationId, given.Role, now, null);
                account.Projects[project.Id] = given.Role;
            }
        }
    }

    public IEnumerable<Account> All => _accounts.Values;

    public Account Add(string userName, string secret, long organizationId, MixpanelRole role, DateTimeOffset now, DateTimeOffset? expires)
    {
        var account = new Account(++_lastId, userName, secret, organizationId, role, now) { Expires = expires };
        _accounts.Add(account.Id, account);
        return account;
    }

    public Account? ById(long id) => _accounts.GetValueOrDefault(id);

    public void Remove(long id) => _accounts.Remove(id);

    /// <summary>The account that these credentials belong to, unless it has expired.</summary>
    public Account? Find(string userName, string secret, DateTimeOffset now)
    {
        var account = _accounts.Values.FirstOrDefault(known =>
            known.UserName == userName && known.Secret == secret && !(known.Expires <= now));
        if (account is not null)
        {
            account.LastUsed = now;
        }

        return account;
    }
}
