using System.Text;

namespace Sluice.Commands.Export;

/// <summary>Standard output: what was written cannot be taken back.</summary>
internal sealed class StreamTarget : ExportTarget
{
    private readonly Stream _stream;
    private DateOnly? _done;
    private long _records;
    private long _damaged;

    private StreamTarget(Stream stream, bool gzip)
        : base(gzip) => _stream = stream;

    public override DateOnly? Done => _done;

    public override long Length => 0;

    public override long Records => _records;

    public override long Damaged => _damaged;

    public override bool CanGoBack => false;

    protected override Stream Bytes => _stream;

    /// <param name="output">Where the command writes its data.</param>
    public static StreamTarget Open(TextWriter output, bool gzip) =>
        new(ReferenceEquals(output, Console.Out) ? Console.OpenStandardOutput() : new TextStream(output), gzip);

    public override void Finish()
    {
        // It ends with the process.
    }

    protected override void Keep(DateOnly done, long records, long damaged)
    {
        _done = done;
        _records += records;
        _damaged += damaged;
    }

    protected override void TakeBack()
    {
        // Whoever reads it is told by the exit code.
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>UTF-8, written as text.</summary>
    private sealed class TextStream(TextWriter writer) : Stream
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var text = new char[_decoder.GetCharCount(buffer, flush: false)];
            writer.Write(text, 0, _decoder.GetChars(buffer, text, flush: false));
        }

        public override void Flush() => writer.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
