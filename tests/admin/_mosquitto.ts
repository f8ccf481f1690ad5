import { outputOf } from "../interop/_child.ts";
import { beforeDeadline } from "../interop/_deadline.ts";
import type { Requirement } from "../interop/_harness.ts";

/** Debian puts it where only root's PATH leads. */
const COMMAND = ["mosquitto", "/usr/sbin/mosquitto"].find((command) =>
  outputOf("sh", ["-c", `command -v ${command}`]) !== null
);

/** Whether there is a Mosquitto to compare with. */
export const MOSQUITTO: Requirement = {
  whyMissing: COMMAND === undefined ? "mosquitto is not installed" : null,
};

/** Runs `use` while a Mosquitto listens on `port`. */
export async function withMosquitto(
  port: number,
  use: () => Promise<void>,
): Promise<void> {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(
    file,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nsys_interval 1\n`,
  );
  const process = new Deno.Command(COMMAND!, {
    args: ["-v", "-c", file],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    await beforeDeadline(readUntil(process.stderr, " running"), "Mosquitto");
    await use();
  } finally {
    process.kill();
    await process.status;
    await Deno.remove(file);
  }
}

/** Reads `stream` until it has said `text`, and gives it up. */
async function readUntil(
  stream: ReadableStream<Uint8Array>,
  text: string,
): Promise<void> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let read = "";
  while (!read.includes(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Mosquitto has ended: ${read}`);
    read += value;
  }
  await reader.cancel();
}
