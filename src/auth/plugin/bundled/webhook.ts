/**
 * Asks a web service who is let in and what clients may do: `rqtt:webhook`.
 * @module
 */
import { definePlugin } from "../api.ts";
import { isExposed, requireNet } from "./_options.ts";
import { readHeaders, readWebhookOptions } from "./webhook/options.ts";
import { Webhook } from "./webhook/webhook.ts";

let webhook: Webhook;

export default definePlugin({
  async setup({ options, log }) {
    const read = readWebhookOptions(options);
    const { loginUrl, superuserUrl, aclUrl } = read;
    const urls = {
      login_url: loginUrl,
      superuser_url: superuserUrl,
      acl_url: aclUrl,
    };
    for (const [key, url] of Object.entries(urls)) {
      if (url === null) continue;
      await requireNet(key, url);
      if (isExposed(url)) {
        log("warn", `${key} is neither https nor local: others can read along`);
      }
    }
    webhook = new Webhook(read, {
      fetch,
      headers: readHeaders(read.headers, (name) => Deno.env.get(name)),
      nowMs: Date.now,
      log,
    });
  },
  authenticate: (login) => webhook.authenticate(login),
  authorize: (question) => webhook.authorize(question),
});
