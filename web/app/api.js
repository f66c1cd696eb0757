/** The HTTP API: one function that asks, with cancellation, and one error type that says what went wrong. */
import { t } from "./i18n/i18n.js";

/** An answer that is not a success. `kind` is the API's errorType, or "network", "http". */
export class ApiError extends Error {
  /** @param {string} kind @param {string} message @param {number} status */
  constructor(kind, message, status) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

/** Milliseconds the server's clock is ahead of ours, as its Date header told last (whole seconds). */
let drift = 0;

/** The server's time now, so that "3 s ago" is right on a machine whose clock is not. */
export const serverNow = () => Date.now() + (Math.abs(drift) > 2000 ? drift : 0);
export const clockDrift = () => drift;

/** @param {unknown} error */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * Asks `api/v1/<path>` and unwraps the envelope. Long parameters go as a form.
 * @template T
 * @param {string} path
 * @param {Record<string, string | string[] | undefined>} [params]
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("../types/api.d.ts").Answer<T>>}
 * @throws {ApiError} and the browser's AbortError after `signal`
 */
export async function ask(path, params = {}, signal) {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) form.append(name, one);
  }
  const url = new URL(`api/v1/${path}`, document.baseURI);
  const long = form.toString().length > 1500;
  if (!long) url.search = form.toString();
  return await send(url, { method: long ? "POST" : "GET", body: long ? form : undefined, signal });
}

/**
 * Asks for a change: `POST api/v1/<path>`.
 * @param {string} path
 * @throws {ApiError}
 */
export async function command(path) {
  await send(new URL(`api/v1/${path}`, document.baseURI), { method: "POST" });
}

/** @param {URL} url @param {RequestInit} init @returns {Promise<import("../types/api.d.ts").Answer<any>>} */
async function send(url, init) {
  const started = performance.now();
  let response;
  let text;
  try {
    response = await fetch(url, init);
    text = await response.text();
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError("network", t("error.network"), 0);
  }
  const date = Date.parse(response.headers.get("date") ?? "");
  if (!Number.isNaN(date)) drift = date + 500 - Date.now();
  const envelope = parseEnvelope(text);
  if (!envelope) {
    const detail = text.trim().slice(0, 300) || response.statusText;
    throw new ApiError("http", t("error.http", { status: response.status, detail }), response.status);
  }
  if (envelope.status !== "success") {
    throw new ApiError(
      envelope.errorType ?? "unknown",
      envelope.error ?? t("error.unknown"),
      response.status,
    );
  }
  return {
    data: envelope.data,
    warnings: envelope.warnings ?? [],
    infos: envelope.infos ?? [],
    elapsed: performance.now() - started,
    size: text.length,
  };
}

/** @param {string} text */
function parseEnvelope(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" && typeof value.status === "string" ? value : null;
  } catch {
    return null;
  }
}
