using Sluice.Commands;

return await SluiceCommand.RunAsync(args);
