/** What can be wrong with a client's certificate. */
export type ClientName =
  | "good"
  | "expired"
  | "foreign"
  | "revoked"
  | "nameless";

/** Where a certificate and its key are, in PEM. */
export interface KeyPair {
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

const CONFIG = `
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = policy
unique_subject = no
[policy]
commonName = optional
organizationName = optional
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
subjectAltName = DNS:client.test
`;

/** A certification authority and what it has issued, in a folder of its own. */
export class Certificates implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Has openssl make all of it: keys in a repository are stale one day. */
  static async make(): Promise<Certificates> {
    const directory = await Deno.makeTempDir({ prefix: "rqtt-certificates-" });
    const certificates = new Certificates(directory);
    try {
      await certificates.#makeAll();
      return certificates;
    } catch (error) {
      await certificates[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the authority that has issued everything but `foreign`. */
  get authorityPath(): string {
    return this.path("ca.pem");
  }

  get authority(): string {
    return Deno.readTextFileSync(this.authorityPath);
  }

  /** With the serial number of `revoked`, and no other. */
  get revocationListPath(): string {
    return this.path("crl.pem");
  }

  get server(): KeyPair {
    return this.#pair("server");
  }

  client(name: ClientName): KeyPair {
    return this.#pair(name);
  }

  path(name: string): string {
    return `${this.directory}/${name}`;
  }

  /** Another certificate for `server`, with the serial number that is returned. */
  async issueServer(): Promise<string> {
    await this.#issue("server", "/CN=localhost", "server");
    return await this.openssl("x509", "-in", "server.pem", "-noout", "-serial");
  }

  /** A certificate for a server in files of another name. */
  async issueNamed(name: string): Promise<void> {
    await this.#issue(name, "/CN=localhost", "server");
  }

  /** A certificate for a client in files of another name. */
  async issueClient(name: string, subject: string): Promise<void> {
    await this.#issue(name, subject, "client");
  }

  /** Puts a client's certificate on the revocation list. */
  async revoke(name: string): Promise<void> {
    await this.openssl(
      ..."ca -config openssl.cnf -revoke".split(" "),
      `${name}.pem`,
    );
    await this.makeRevocationList();
  }

  /** Runs openssl in the folder; returns its output. */
  async openssl(...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("openssl", {
      args,
      cwd: this.directory,
      stdin: "null",
    }).output();
    if (success) return new TextDecoder().decode(stdout).trim();
    throw new Error(
      `Cannot run openssl ${args.join(" ")}: ` +
        new TextDecoder().decode(stderr),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }

  async #makeAll(): Promise<void> {
    for (
      const [name, text] of Object.entries({
        "openssl.cnf": CONFIG,
        "index.txt": "",
        "serial": "1000\n",
        "crlnumber": "1000\n",
      })
    ) await Deno.writeTextFile(this.path(name), text);
    await this.#makeAuthority("ca", "/CN=Test authority");
    await this.#makeAuthority("foreign-ca", "/CN=Foreign authority");
    await this.#issue("server", "/CN=localhost", "server");
    await this.#issue("good", "/O=Tests/CN=alice", "client");
    await this.#issue("nameless", "/O=Tests", "client");
    await this.#issue("expired", "/CN=bob", "client", [
      ...["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"],
    ]);
    await this.#issue("foreign", "/CN=mallory", "client", [
      ...["-cert", "foreign-ca.pem", "-keyfile", "foreign-ca.key"],
    ]);
    await this.#issue("revoked", "/CN=eve", "client");
    await this.revoke("revoked");
  }

  /** Writes the revocation list anew; `args` go to openssl. */
  async makeRevocationList(...args: string[]): Promise<void> {
    await this.openssl(
      ..."ca -config openssl.cnf -gencrl -out crl.pem".split(" "),
      ...args,
    );
  }

  async #makeAuthority(name: string, subject: string): Promise<void> {
    await this.#makeKey(name);
    await this.openssl(
      ...["req", "-x509", "-new", "-key", `${name}.key`, "-days", "30"],
      ...["-subj", subject, "-out", `${name}.pem`],
    );
  }

  async #issue(
    name: string,
    subject: string,
    extensions: string,
    args: readonly string[] = [],
  ): Promise<void> {
    await this.#makeKey(name);
    await this.openssl(
      ...["req", "-new", "-key", `${name}.key`, "-subj", subject],
      ...["-out", `${name}.csr`],
    );
    await this.openssl(
      ..."ca -config openssl.cnf -batch -notext".split(" "),
      ...["-extensions", extensions, "-in", `${name}.csr`],
      ...["-out", `${name}.pem`, ...args],
    );
  }

  async #makeKey(name: string): Promise<void> {
    await this.openssl(
      ..."ecparam -name prime256v1 -genkey -noout -out".split(" "),
      `${name}.key`,
    );
  }

  #pair(name: string): KeyPair {
    return {
      certificatePath: this.path(`${name}.pem`),
      privateKeyPath: this.path(`${name}.key`),
    };
  }
}

/** Why there can be none here; `null` if there can. */
export const whyNoCertificates: string | null = hasOpenssl()
  ? null
  : "openssl is not installed";

function hasOpenssl(): boolean {
  try {
    return new Deno.Command("openssl", { args: ["version"] }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
