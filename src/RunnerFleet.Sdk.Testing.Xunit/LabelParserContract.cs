using RunnerFleet.Compute;
using RunnerFleet.Labels;

namespace RunnerFleet.Testing.Xunit;

/// <summary>The promises of <see cref="ILabelParser"/>. Derive one sealed class per parser, and say which labels it serves.</summary>
public abstract class LabelParserContract
{
    /// <summary>Makes the parser.</summary>
    protected abstract ILabelParser CreateParser();

    /// <summary>Label sets that the parser takes for its fleet's own, at least one.</summary>
    protected abstract IEnumerable<IReadOnlyList<string>> Ours { get; }

    /// <summary>Label sets that somebody else serves.</summary>
    protected abstract IEnumerable<IReadOnlyList<string>> NotOurs { get; }

    /// <summary>Label sets that are meant for the fleet but cannot be served as they are. May be empty for a vocabulary in which that cannot happen.</summary>
    protected virtual IEnumerable<IReadOnlyList<string>> Invalid => [];

    /// <summary>What the parser is told of the fleet: by default the classes <c>default</c> and <c>large</c>, and a launcher that can do everything.</summary>
    protected virtual LabelContext Context { get; } = new()
    {
        Classes = new Dictionary<string, RunnerClass>
        {
            ["default"] = new() { Name = "default", Cpu = 1024, MemoryMiB = 2048 },
            ["large"] = new() { Name = "large", Cpu = 4096, MemoryMiB = 8192 },
        },
        Launcher = new LauncherCapabilities { Images = true, Spot = true },
        HasImageBuilder = true,
    };

    /// <summary>The parser serves what it says it serves, and the answer names known classes, in lower case.</summary>
    [Fact]
    public virtual void Labels_of_the_fleet_are_ours()
    {
        Assert.NotEmpty(Ours);
        Assert.All(Ours, labels =>
        {
            var ours = Assert.IsType<LabelOutcome.Ours>(Parse(labels));
            Assert.True(ours.Spec.ClassName is null || Context.Classes.ContainsKey(ours.Spec.ClassName), $"Class '{ours.Spec.ClassName}' is not in the catalogue.");
            Assert.True(ours.Spec.Architecture is null or "x64" or "arm64", $"Architecture '{ours.Spec.Architecture}' is unknown.");
        });
    }

    /// <summary>Jobs of others are told apart, with a reason.</summary>
    [Fact]
    public virtual void Labels_of_others_are_not_ours_with_a_reason() => Assert.All(NotOurs, labels =>
    {
        var notOurs = Assert.IsType<LabelOutcome.NotOurs>(Parse(labels));
        Assert.NotEqual("", notOurs.Reason.Trim());
    });

    /// <summary>What cannot be served is refused with a code and a sentence.</summary>
    [Fact]
    public virtual void Labels_that_cannot_be_served_are_invalid_with_a_code_and_a_sentence() => Assert.All(Invalid, labels =>
    {
        var invalid = Assert.IsType<LabelOutcome.Invalid>(Parse(labels));
        Assert.Matches("^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", invalid.Diagnostic.Code);
        Assert.Contains(' ', invalid.Diagnostic.Message.Trim());
    });

    /// <summary>The parser is a pure function.</summary>
    [Fact]
    public virtual void The_same_labels_get_the_same_answer() =>
        Assert.All(Samples(), labels => Assert.Equal(Describe(Parse(labels)), Describe(Parse(labels))));

    /// <summary>Two parsers made alike answer alike: nothing is remembered from one call to the next.</summary>
    [Fact]
    public virtual void Earlier_calls_do_not_change_an_answer()
    {
        var used = CreateParser();
        Assert.All(Samples(), labels => used.Parse(labels, Context));
        Assert.All(Samples(), labels => Assert.Equal(Describe(Parse(labels)), Describe(used.Parse(labels, Context))));
    }

    /// <summary>The order of labels does not matter.</summary>
    [Fact]
    public virtual void The_order_of_labels_does_not_matter() =>
        Assert.All(Samples(), labels => Assert.Equal(Describe(Parse(labels)), Describe(Parse([.. labels.Reverse()]))));

    /// <summary>GitHub compares labels without regard to case, so the parser does too.</summary>
    [Fact]
    public virtual void The_case_of_labels_does_not_matter() => Assert.All(Samples(), labels =>
    {
        Assert.Equal(Describe(Parse(labels)), Describe(Parse([.. labels.Select(label => label.ToUpperInvariant())])));
        Assert.Equal(Describe(Parse(labels)), Describe(Parse([.. labels.Select(label => label.ToLowerInvariant())])));
    });

    /// <summary>A label written twice means what it means once.</summary>
    [Fact]
    public virtual void A_label_written_twice_changes_nothing() =>
        Assert.All(Samples(), labels => Assert.Equal(Describe(Parse(labels)), Describe(Parse([.. labels, .. labels]))));

    /// <summary>Whoever can edit a workflow writes the labels: nothing in them makes the parser throw.</summary>
    [Fact]
    public virtual void Strange_labels_do_not_make_it_throw()
    {
        string[] strange =
        [
            "", " ", ":", "::", "image:", "class:", "disk:", "capacity:", "\0", "\n", "\ud800", "\u202e", "../../etc/passwd", "$(id)", "`id`", "'; --",
            "image:" + new string('a', 5000), "class:" + new string(':', 5000), "disk:99999999999999999999", "disk:-1", "disk:1e3", new('x', 100_000),
        ];
        foreach (var labels in Samples().Append([]))
        {
            Assert.All(strange, one => Assert.NotNull(Parse([.. labels, one])));
        }

        Assert.NotNull(Parse([.. Enumerable.Range(0, 10_000).Select(index => $"label-{index}")]));
    }

    /// <summary>A fleet whose classes are gone still gets an answer.</summary>
    [Fact]
    public virtual void A_fleet_without_classes_does_not_make_it_throw()
    {
        var empty = Context with { Classes = new Dictionary<string, RunnerClass>() };
        Assert.All(Samples(), labels => Assert.NotNull(CreateParser().Parse(labels, empty)));
    }

    private IEnumerable<IReadOnlyList<string>> Samples() => Ours.Concat(NotOurs).Concat(Invalid);

    private LabelOutcome Parse(IReadOnlyList<string> labels) => CreateParser().Parse(labels, Context);

    private static string Describe(LabelOutcome outcome) => outcome switch
    {
        LabelOutcome.Ours ours => $"ours: {ours.Spec}",
        LabelOutcome.NotOurs notOurs => $"not ours: {notOurs.Reason}",
        LabelOutcome.Invalid invalid => $"invalid: {invalid.Diagnostic}",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
