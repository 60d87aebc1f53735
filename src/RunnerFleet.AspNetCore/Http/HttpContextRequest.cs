using Microsoft.AspNetCore.Http;
using RunnerFleet.Http;

namespace RunnerFleet.AspNetCore.Http;

/// <summary>A request of ASP.NET Core, for what answers requests of any host.</summary>
internal sealed class HttpContextRequest(HttpContext context, string path) : FleetHttpRequest
{
    public override string Method => context.Request.Method;

    public override string Path => path;

    public override IReadOnlyList<string?> GetHeader(string name) => context.Request.Headers[name];

    public override ValueTask<FleetHttpBody> ReadBodyAsync(int limit, CancellationToken deadline) => new(BoundedBody.ReadAsync(context, limit, deadline));
}
