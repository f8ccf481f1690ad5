import type { KeyPair } from "../_certificates.ts";
import { beforeDeadline } from "./_deadline.ts";

/** CONNECT of 3.1.1 with an empty Client Identifier; the CONNACK that accepts it. */
const CONNECT = Uint8Array.fromHex("100c00044d5154540402003c0000");
export const ACCEPTED = "20020000";

/** How openssl connects. */
export interface SecureClientOptions {
  readonly port: number;
  /** Certificates that it trusts. */
  readonly authorityPath: string;
  /** What it shows of itself. */
  readonly identity?: KeyPair;
  readonly args?: readonly string[];
}

/** What came of it. */
export interface SecureAnswer {
  /** What the broker sent, up to a whole CONNACK, in hexadecimal digits. */
  readonly received: string;
  /** What openssl says of the handshake and of errors. */
  readonly report: string;
}

/** Connects with `openssl s_client`, sends CONNECT and waits for CONNACK or the end. */
export async function connectSecurely(
  { port, authorityPath, identity, args = [] }: SecureClientOptions,
): Promise<SecureAnswer> {
  const process = new Deno.Command("openssl", {
    args: [
      ...["s_client", "-connect", `127.0.0.1:${port}`],
      ...["-CAfile", authorityPath, "-verify_return_error"],
      ...["-quiet", "-no_ign_eof", "-brief"],
      ...(identity === undefined ? [] : [
        ...["-cert", identity.certificatePath],
        ...["-key", identity.privateKeyPath],
      ]),
      ...args,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const report = new Response(process.stderr).text();
  const input = process.stdin.getWriter();
  const ended = () => {};
  await input.write(CONNECT).catch(ended);
  const received = await beforeDeadline(
    readHex(process.stdout, ACCEPTED.length),
    "openssl to hear from the broker",
  );
  await input.close().catch(ended);
  await beforeDeadline(process.status, "openssl to end");
  return { received, report: await report };
}

async function readHex(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  length: number,
): Promise<string> {
  let hex = "";
  for await (const bytes of stream) {
    hex += bytes.toHex();
    if (hex.length >= length) break;
  }
  return hex;
}
