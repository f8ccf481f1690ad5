import fc from "fast-check";
import { DerError } from "../../src/transport/tls/der.ts";
import {
  CredentialError,
  type CredentialFiles,
  readCredentials,
} from "../../src/transport/tls/credentials.ts";
import {
  explainRevocation,
  nameCertificate,
  RevocationList,
} from "../../src/transport/tls/revocation_list.ts";
import { assert, assertEquals, assertThrows } from "../_assert.ts";
import {
  Certificates,
  type ClientName,
  whyNoCertificates,
} from "../_certificates.ts";

let made: Certificates | undefined;

Deno.test.beforeAll(async () => {
  if (whyNoCertificates === null) made = await Certificates.make();
});

Deno.test.afterAll(async () => {
  await made?.[Symbol.asyncDispose]();
});

function test(
  name: string,
  run: (certificates: Certificates) => void | Promise<void>,
) {
  Deno.test({
    name: whyNoCertificates === null
      ? name
      : `${name} (skipped: ${whyNoCertificates})`,
    ignore: whyNoCertificates !== null,
    fn: () => run(made!),
  });
}

function filesOf(
  certificates: Certificates,
  changes: Partial<CredentialFiles> = {},
): CredentialFiles {
  return {
    ...certificates.server,
    clientCaPath: certificates.authorityPath,
    revocationListPath: certificates.revocationListPath,
    ...changes,
  };
}

test("certificate, key, authority and revocation list are read", (certificates) => {
  const credentials = readCredentials(filesOf(certificates));
  assert(credentials.certificate.includes("BEGIN CERTIFICATE"));
  assert(credentials.privateKey.includes("PRIVATE KEY"));
  assertEquals(credentials.clientCa, certificates.authority);
  assertEquals(credentials.revocationLists?.length, 1);
  const days = (credentials.expiresAtMs - Date.now()) / 86_400_000;
  assert(days > 29 && days < 31, `${days} days`);
});

test("a chain, text between the blocks and parameters of the curve are fine", async (certificates) => {
  const { certificatePath, privateKeyPath } = certificates.server;
  const parameters = await certificates.openssl(
    ..."ecparam -name prime256v1".split(" "),
  );
  const texts: Record<string, string> = {
    chain: "server\n" + Deno.readTextFileSync(certificatePath) + "issuer\n" +
      certificates.authority,
    key: `${parameters}\n${Deno.readTextFileSync(privateKeyPath)}`,
  };
  readCredentials({
    certificatePath: "chain",
    privateKeyPath: "key",
    clientCaPath: null,
    revocationListPath: null,
  }, (path) => texts[path]);
});

const NO_FILE = "/nowhere/file.pem";
const PROBLEMS: readonly [
  name: string,
  files: (certificates: Certificates) => Partial<CredentialFiles>,
  file: keyof CredentialFiles,
  message: RegExp,
][] = [
  [
    "a certificate that is not there",
    () => ({ certificatePath: NO_FILE }),
    "certificatePath",
    /^no such file, put it there or correct the path$/,
  ],
  [
    "a key that is not there",
    () => ({ privateKeyPath: NO_FILE }),
    "privateKeyPath",
    /^no such file/,
  ],
  [
    "a key in place of a certificate",
    ({ server }) => ({ certificatePath: server.privateKeyPath }),
    "certificatePath",
    /^expected a certificate in PEM .* found none$/,
  ],
  [
    "a certificate in place of a key",
    ({ server }) => ({ privateKeyPath: server.certificatePath }),
    "privateKeyPath",
    /^expected a private key in PEM .* found none$/,
  ],
  [
    "a key of another certificate",
    (certificates) => ({
      privateKeyPath: certificates.client("good").privateKeyPath,
    }),
    "privateKeyPath",
    /^the private key does not fit the certificate$/,
  ],
  [
    "an authority that is none",
    ({ server }) => ({ clientCaPath: server.privateKeyPath }),
    "clientCaPath",
    /^expected a certificate in PEM/,
  ],
  [
    "a revocation list that is none",
    ({ server }) => ({ revocationListPath: server.certificatePath }),
    "revocationListPath",
    /^expected a revocation list in PEM/,
  ],
  [
    "a revocation list of another authority",
    (certificates) => ({ clientCaPath: certificates.path("foreign-ca.pem") }),
    "revocationListPath",
    /^revocation list 1 of the file is not signed by/,
  ],
];

for (const [name, files, file, message] of PROBLEMS) {
  test(`${name} is told`, (certificates) => {
    const error = assertThrows(
      () => readCredentials(filesOf(certificates, files(certificates))),
      CredentialError,
    );
    assertEquals(error.file, file);
    assert(message.test(error.message), error.message);
  });
}

test("a key with a passphrase is told", async (certificates) => {
  await certificates.openssl(
    ..."pkcs8 -topk8 -passout pass:x -in server.key -out locked.key".split(" "),
  );
  const privateKeyPath = certificates.path("locked.key");
  const error = assertThrows(
    () => readCredentials(filesOf(certificates, { privateKeyPath })),
    CredentialError,
  );
  assert(error.message.includes("passphrase"), error.message);
});

test("a revocation list that was changed is told", (certificates) => {
  const path = certificates.revocationListPath;
  const [list] = Deno.readTextFileSync(path).match(/-----BEGIN[^]+/)!;
  const der = Uint8Array.fromBase64(list.replace(/-----[^-]+-----/g, ""));
  // In the serial number that is revoked: the last byte before its date.
  const at = der.findIndex((byte, i) =>
    byte === 0x17 && der[i - 4] === 0x02 && der[i - 3] === 0x02
  );
  assert(at > 0);
  der[at - 1] ^= 1;
  const text = `-----BEGIN X509 CRL-----\n${der.toBase64()}\n` +
    "-----END X509 CRL-----\n";
  const error = assertThrows(
    () =>
      readCredentials(
        filesOf(certificates),
        (file) => file === path ? text : Deno.readTextFileSync(file),
      ),
    CredentialError,
  );
  assertEquals(error.file, "revocationListPath");
});

/** The DER of the certificate of a client. */
function derOf(certificates: Certificates, name: ClientName) {
  const text = Deno.readTextFileSync(certificates.client(name).certificatePath);
  return Uint8Array.fromBase64(
    text.replace(/-----[^-]+-----/g, "").replaceAll(/\s/g, ""),
  );
}

test("the revocation list knows who is revoked", (certificates) => {
  const { revocationLists } = readCredentials(filesOf(certificates));
  const explain = (name: ClientName) =>
    explainRevocation(
      revocationLists!,
      nameCertificate(derOf(certificates, name)),
      Date.now(),
    );
  assertEquals(explain("good"), null);
  assertEquals(explain("revoked"), "the certificate is revoked");
  assertEquals(
    explain("foreign"),
    "there is no revocation list of its issuer",
  );
});

test("without a list of its issuer, or with an old one, nobody is let in", (certificates) => {
  const { revocationLists } = readCredentials(filesOf(certificates));
  const good = nameCertificate(derOf(certificates, "good"));
  assertEquals(
    explainRevocation([], good, Date.now()),
    "there is no revocation list of its issuer",
  );
  const inTwoMonthsMs = Date.now() + 60 * 86_400_000;
  assertEquals(
    explainRevocation(revocationLists!, good, inTwoMonthsMs),
    "the revocation list of its issuer is out of date",
  );
});

test("a revocation list that was cut or changed raises only DerError", (certificates) => {
  const text = Deno.readTextFileSync(certificates.revocationListPath);
  const der = Uint8Array.fromBase64(text.replace(/-----[^-]+-----/g, ""));
  const orDerError = (bytes: Uint8Array<ArrayBuffer>) => {
    try {
      new RevocationList(bytes);
    } catch (error) {
      assert(error instanceof DerError, String(error));
    }
  };
  for (let length = 0; length < der.length; length++) {
    assertThrows(() => new RevocationList(der.slice(0, length)), DerError);
  }
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), (index, byte) => {
      const changed = der.slice();
      changed[index] = byte;
      orDerError(changed);
    }),
    { numRuns: 1_000 },
  );
});
