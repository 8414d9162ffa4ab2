// Traces for OpenTelemetry: a span for each request and each attempt at a job or at sending an event, and below it one for
// each statement and each wait for a connection. Loaded only when they are switched on. No span is about a person: it has
// no address or query of a request, no value of a statement and no message of an error.

import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, type TracingChannel } from 'node:diagnostics_channel';
import { hostname } from 'node:os';
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { parseTraceParent, setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { FastifyRequest } from 'fastify';
import pg from 'pg';
import type { Config } from '../platform/config/config.ts';
import { statementChannel } from '../platform/database/connection.ts';
import type { App } from '../platform/http/server.ts';
import { jobChannel } from './jobs/tasks.ts';

/** A collector that is away is told of once a minute. */
const tellEveryMs = 60_000;

export interface Traces {
  /** Where it is told from now on that spans are lost. */
  tellTo(log: App['log']): void;
  /** Sends the spans that wait. */
  close(): Promise<void>;
}

/** Of the request or the job that goes on. */
const current = new AsyncLocalStorage<Context>();

/** Follows what is created and done from now on. The exporter reads its standard variables itself. */
export function beginTraces(traces: NonNullable<Config['traces']>): Traces {
  const exporter = new OTLPTraceExporter();
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': 'subsidy',
          'host.name': hostname(),
          'process.pid': process.pid,
        }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(traces),
    // Bounded: what finds it full is dropped.
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('subsidy');

  // Before the app has any hook of its own, so that waiting for a place is part of the request.
  subscribe('fastify.initialization', (message) => {
    // The cast: Fastify's own message.
    followRequests((message as { fastify: App }).fastify);
  });

  function followRequests(app: App): void {
    const contexts = new WeakMap<FastifyRequest, Context>();
    app.addHook('onRequest', (request, reply, done) => {
      const { config, url } = request.routeOptions;
      if (config.public === true && config.asksDatabase !== true) return done();
      const route = url === undefined ? {} : { 'http.route': url };
      const span = tracer.startSpan(
        config.operation ?? `${request.method} ${url ?? ''}`.trimEnd(),
        {
          kind: SpanKind.SERVER,
          attributes: { 'http.request.method': request.method, 'subsidy.request_id': request.id, ...route },
        },
        callerOf(request),
      );
      const context = trace.setSpan(ROOT_CONTEXT, span);
      contexts.set(request, context);
      request.log = reply.log = request.log.child({ traceId: span.spanContext().traceId });
      reply.raw.once('close', () => {
        const { statusCode } = reply.raw;
        span.setAttribute('http.response.status_code', statusCode);
        if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
      current.run(context, done);
    });
    // The body arrives with the events of its socket, which belong to no request.
    app.addHook('preValidation', (request, _reply, done) => {
      const context = contexts.get(request);
      if (context === undefined) done();
      else current.run(context, done);
    });
  }

  const jobs = new WeakMap<object, Span>();
  jobChannel.start.bindStore(current, (job) => {
    const { task, id, attempt } = job;
    const span = tracer.startSpan(task, { attributes: { 'subsidy.job': id, 'subsidy.attempt': attempt } });
    jobs.set(job, span);
    return trace.setSpan(ROOT_CONTEXT, span);
  });
  endWith(jobChannel, jobs);

  const statements = new WeakMap<object, Span>();
  statementChannel.start.subscribe((message) => {
    const parent = current.getStore();
    // What the service does for itself all the time, such as looking after the database, is not followed.
    if (parent === undefined) return;
    // The cast: of a channel that has one kind of message.
    const { text } = message as { text?: string };
    const [operation = 'connect'] = /\w+/.exec(text ?? '') ?? [];
    const attributes = {
      'db.system.name': 'postgresql',
      ...(text === undefined ? {} : { 'db.query.text': text }),
    };
    statements.set(
      message as object,
      tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes }, parent),
    );
  });
  endWith(statementChannel, statements);

  return {
    tellTo(log) {
      let lost = 0;
      let tellAgainAt = 0;
      setGlobalErrorHandler((error) => {
        lost += 1;
        if (performance.now() < tellAgainAt) return;
        tellAgainAt = performance.now() + tellEveryMs;
        log.warn({ err: error, failures: lost }, 'spans cannot be sent to the collector and are lost');
        lost = 0;
      });
    },
    // Spans that no collector takes are lost; the process ends all the same.
    close: () => provider.shutdown().catch(() => {}),
  };
}

/** Ends a message's span when what it is about has ended. */
function endWith<M extends object, S>(channel: TracingChannel<M, S>, spans: WeakMap<object, Span>): void {
  channel.error.subscribe((message) => {
    const { error } = message as { error?: unknown };
    const span = spans.get(message as object);
    span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
    if (error instanceof pg.DatabaseError && error.code !== undefined)
      span?.setAttribute('db.response.status_code', error.code);
  });
  channel.asyncEnd.subscribe((message) => spans.get(message as object)?.end());
}

/** The caller's span, by its `traceparent`. Its `tracestate` is not passed on: anything may be in it. */
function callerOf({ headers }: FastifyRequest): Context {
  const { traceparent } = headers;
  const parent = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

/** As the specification names them. */
function samplerOf({ sampler, ratio }: NonNullable<Config['traces']>) {
  const roots = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const root = roots[sampler.replace('parentbased_', '') as keyof typeof roots](); // the configuration has no other
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}
