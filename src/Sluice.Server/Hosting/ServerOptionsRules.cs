namespace Sluice.Server.Hosting;

/// <summary>What must hold between the options of the server.</summary>
internal static class ServerOptionsRules
{
    public static IReadOnlyList<OptionProblem> Check(ServerOptions options)
    {
        var problems = new List<OptionProblem>();
        CheckUrls(options, problems);
        foreach (var proxy in options.TrustedProxies)
        {
            if (!TrustedProxies.TryParseRange(proxy, out _))
            {
                Add(nameof(options.TrustedProxies), $"\"{proxy}\" is neither an IP address nor a CIDR range such as 10.0.0.0/8.");
            }
        }

        CheckSizes();
        CheckTimes();
        return problems;

        void Add(string option, string message) => problems.Add(new OptionProblem(option, message));

        void CheckSizes()
        {
            Positive(nameof(options.MaxBodyBytes), options.MaxBodyBytes);
            Positive(nameof(options.MaxInboxBodyBytes), options.MaxInboxBodyBytes);
            Positive(nameof(options.MaxIngestionBodyBytes), options.MaxIngestionBodyBytes);
            Positive(nameof(options.MaxLookupBodyBytes), options.MaxLookupBodyBytes);
            Positive(nameof(options.MaxConnections), options.MaxConnections);
            FitsArray(nameof(options.MaxInboxBodyBytes), options.MaxInboxBodyBytes);
            FitsArray(nameof(options.MaxIngestionBodyBytes), options.MaxIngestionBodyBytes);
            if (options.BodyBudgetBytes < Math.Max(options.MaxBodyBytes, Math.Max(options.MaxInboxBodyBytes, options.MaxIngestionBodyBytes)))
            {
                Add(nameof(options.BodyBudgetBytes), $"{options.BodyBudgetBytes} is less than one largest body.");
            }

            if (!(options.MinBodyBytesPerSecond > 0))
            {
                Add(nameof(options.MinBodyBytesPerSecond), $"{options.MinBodyBytesPerSecond} is not above 0.");
            }
        }

        void CheckTimes()
        {
            AtLeast(nameof(options.TlsCheckInterval), options.TlsCheckInterval, TimeSpan.FromMilliseconds(100));
            AtLeast(nameof(options.BodyBudgetWait), options.BodyBudgetWait, TimeSpan.Zero);
            AtLeast(nameof(options.LookupBodyTimeout), options.LookupBodyTimeout, TimeSpan.FromSeconds(1));
            AtLeast(nameof(options.HeadersTimeout), options.HeadersTimeout, TimeSpan.FromSeconds(1));
            AtLeast(nameof(options.RetryAfter), options.RetryAfter, TimeSpan.FromSeconds(1));
            AtLeast(nameof(options.StopTimeout), options.StopTimeout, TimeSpan.Zero);
        }

        // These bodies are read whole.
        void FitsArray(string option, long value)
        {
            if (value > Array.MaxLength)
            {
                Add(option, $"{value} is more than {Array.MaxLength}.");
            }
        }

        void Positive(string option, long value)
        {
            if (value <= 0)
            {
                Add(option, $"{value} is not above 0.");
            }
        }

        void AtLeast(string option, TimeSpan value, TimeSpan least)
        {
            if (value < least)
            {
                Add(option, $"{value} is less than {least}.");
            }
        }
    }

    private static void CheckUrls(ServerOptions options, List<OptionProblem> problems)
    {
        if (options.Urls.Count == 0)
        {
            problems.Add(new OptionProblem(nameof(options.Urls), "At least one URL is needed."));
        }

        var secure = false;
        foreach (var url in options.Urls)
        {
            if (!ListenAddress.TryParse(url, out var address, out var reason))
            {
                problems.Add(new OptionProblem(nameof(options.Urls), reason));
            }
            else if (address.IsHttps)
            {
                secure = true;
                if (options.Tls is null)
                {
                    problems.Add(new OptionProblem(nameof(options.Urls), $"\"{url}\" needs a certificate and a key."));
                }
            }
        }

        if (options.Tls is not null && !secure)
        {
            problems.Add(new OptionProblem(nameof(options.Tls), "There is a certificate, but no URL begins with https."));
        }
    }
}
