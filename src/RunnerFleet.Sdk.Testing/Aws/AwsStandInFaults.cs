namespace RunnerFleet.Testing.Aws;

/// <summary>Requests that go wrong: with an error before their effect, or with the answer lost after it.</summary>
internal sealed record AwsStandInFault(int Count, string Operation, AwsStandInException? Error);

/// <summary>What tests asked to go wrong, in the order in which they asked.</summary>
internal sealed class AwsStandInFaults
{
    private readonly Lock _gate = new();
    private readonly List<AwsStandInFault> _faults = [];

    public void Add(AwsStandInFault fault)
    {
        lock (_gate)
        {
            _faults.Add(fault);
        }
    }

    /// <summary>Whether the next request of an operation goes wrong.</summary>
    public bool IsNext(string operation)
    {
        lock (_gate)
        {
            return _faults.Exists(fault => fault.Operation == operation);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _faults.Clear();
        }
    }

    /// <returns>Whether the answer gets lost.</returns>
    /// <exception cref="AwsStandInException">The request fails.</exception>
    public bool Take(string operation)
    {
        lock (_gate)
        {
            var index = _faults.FindIndex(fault => fault.Operation == operation);
            if (index < 0)
            {
                return false;
            }

            var fault = _faults[index];
            _faults[index] = fault with { Count = fault.Count - 1 };
            if (fault.Count <= 1)
            {
                _faults.RemoveAt(index);
            }

            return fault.Error is null ? true : throw fault.Error;
        }
    }
}
