using AspNetHost;
using RunnerFleet.Local.Processes;

#region supervisor
if (RunnerSupervisor.IsRequested(args)) return await RunnerSupervisor.RunAsync(args);
#endregion
if (DemoRunner.IsRequested(args)) return await DemoRunner.RunAsync();

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.UseLoopbackUnlessTold();
builder.Logging.LeaveRefusalsToHost();
if (!HostSettings.TryRead(builder.Configuration, out var host, out var refusal)) return refusal.Print();
using var demo = host.IsDemo ? Demo.Prepare(builder, host) : null;

#region host-registration
builder.Services.AddRunnerFleet(builder.Configuration.GetSection("RunnerFleet"))
    .UseStore(host)
    .UseLauncher(host)
    .UseSurroundings(host)
    .AddAspNetCore()
    .AddWorkers();
builder.Services.AddHealthChecks().AddRunnerFleetChecks();
#endregion

var app = builder.Build();
#region host-routes
app.MapRunnerFleet();
app.MapRunnerFleetApi();
app.MapRunnerFleetEvents();
app.MapRunnerFleetHealth();
app.MapRunnerFleetStatusPage();
#endregion
demo?.Map(app);
return await app.RunOrRefuseAsync();
