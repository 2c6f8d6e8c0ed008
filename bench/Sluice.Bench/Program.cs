using Sluice.Bench;

// Usage: Sluice.Bench SCENARIO [--members N] [--runs N] [--engine sqlite|postgres] …; without a scenario, the list of them.
var options = BenchOptions.Parse(args);
return options.Scenario switch
{
    "intake" => await IntakeBench.RunAsync(options),
    "last-page" => await LastPageBench.RunAsync(options),
    "latency" => await LatencyBench.RunAsync(options),
    "events" => await EventsBench.RunAsync(options),
    "events-long" => await EventsBench.RunLongAsync(options),
    "event-delivery" => await EventDeliveryBench.RunAsync(options),
    "plan" => await PlanBench.RunAsync(options),
    "export" => await ExportBench.RunAsync(options),
    "export-tool" => await ExportToolBench.RunAsync(options),
    _ => BenchOptions.Usage(),
};
