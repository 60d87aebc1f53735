namespace RunnerFleet;

/// <summary>Tells where runners reach the control plane. The default answers <c>RunnerFleet:PublicUrl</c>; a host on one machine may answer its own loopback address.</summary>
public interface IControlPlaneAddress
{
    /// <summary>The base address, to which <c>/runner/claim</c> is added; <see langword="null"/> while it is not known yet, and launches wait.</summary>
    Uri? Url { get; }
}
