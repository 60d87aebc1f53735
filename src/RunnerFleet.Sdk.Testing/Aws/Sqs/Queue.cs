using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RunnerFleet.Testing.Aws.Sqs;

/// <summary>A standard queue (Amazon SQS Developer Guide).</summary>
internal sealed class Queue(string name, string url, TimeProvider clock, TimeSpan visibility, Queue? deadLetters, int maxReceives)
{
    private readonly List<Message> _messages = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _ids;

    public string Name { get; } = name;

    public string Url { get; } = url;

    public TimeSpan Visibility { get; } = visibility;

    public IReadOnlyList<Message> Messages => _messages;

    public Message Send(string body, TimeSpan delay)
    {
        var now = clock.GetUtcNow();
        var message = new Message(NewId(), body, now, now + delay);
        _messages.Add(message);
        Changed();
        return message;
    }

    public IReadOnlyList<Message> Receive(int most, TimeSpan visibility)
    {
        var now = clock.GetUtcNow();
        List<Message> received = [];
        foreach (var message in _messages.Where(m => m.VisibleAt <= now).ToList())
        {
            if (received.Count == most)
            {
                break;
            }

            if (deadLetters is not null && message.Receives >= maxReceives)
            {
                _messages.Remove(message);
                deadLetters.Send(message.Body, TimeSpan.Zero);
                continue;
            }

            message.Receives++;
            message.FirstReceivedAt ??= now;
            message.Handle = string.Create(CultureInfo.InvariantCulture, $"{message.Id}#{message.Receives}");
            message.VisibleAt = now + visibility;
            received.Add(message);
        }

        return received;
    }

    /// <summary>Deletes a message by the handle of its last receive. That of an earlier one deletes nothing, and is no error.</summary>
    public void Delete(string handle)
    {
        _messages.RemoveAll(message => message.Handle == handle);
        Changed();
    }

    public Message? Find(string handle) => _messages.Find(message => message.Handle == handle);

    public void SetVisible(Message message, DateTimeOffset at)
    {
        message.VisibleAt = at;
        Changed();
    }

    /// <summary>Whether a receive would find something now.</summary>
    public bool HasVisible => _messages.Exists(message => message.VisibleAt <= clock.GetUtcNow());

    /// <summary>Waits until something changes, a message becomes visible, or that time has come.</summary>
    public async Task WaitAsync(DateTimeOffset until)
    {
        var changed = _changed.Task;
        var next = _messages.Select(message => message.VisibleAt).Append(until).Min();
        using var over = new CancellationTokenSource();
        for (var now = clock.GetUtcNow(); now < next && !changed.IsCompleted;)
        {
            var timer = Task.Delay(next - now, clock, over.Token);
            var armed = clock.GetUtcNow();
            if (armed - now < TimeSpan.FromMilliseconds(1)) // else a test moved its clock meanwhile, and the timer would be late
            {
                await Task.WhenAny(changed, timer).ConfigureAwait(false);
                armed = clock.GetUtcNow();
            }

            now = armed;
        }

        await over.CancelAsync().ConfigureAwait(false);
    }

    private void Changed()
    {
        _changed.SetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private string NewId() => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Url} {++_ids}")))[..16]).ToString();
}

/// <summary>The queues of the account.</summary>
internal sealed class Queues(TimeProvider clock, string region, Func<string> account)
{
    private readonly Dictionary<string, Queue> _byName = new(StringComparer.Ordinal);

    public DateTimeOffset Now => clock.GetUtcNow();

    public Queue Create(string name, TimeSpan visibility, Queue? deadLetters, int maxReceives) =>
        _byName[name] = new Queue(name, $"https://sqs.{region}.amazonaws.com/{account()}/{name}", clock, visibility, deadLetters, maxReceives);

    public Queue? ByName(string name) => _byName.GetValueOrDefault(name);

    /// <summary>By the path of its address: the host of a stand-in is wherever it is served.</summary>
    public Queue? ByUrl(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Segments is [_, var owner, var name] && owner == account() + "/" ? ByName(name) : null;
}
