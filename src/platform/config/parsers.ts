// Reads the text of an environment variable. Each throws an Error that says what the value must be, never the value.

import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readMasterKeys } from '../encryption/data-keys.ts';

/** Reads the file on each call, and once now, so that an invalid file fails the start. */
export function masterKeysReader(path: string) {
  const read = () => readMasterKeys(readText(path));
  read();
  return read;
}

export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(`应为可读取的文件 · must name a readable file: ${messageOf(error)}`);
  }
}

export function writableFolder(path: string): string {
  const folder = resolve(path);
  try {
    if (!statSync(folder).isDirectory()) throw new Error('ENOTDIR');
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new Error(`应为可写入的目录 · must name a folder that can be written to: ${messageOf(error)}`);
  }
  return folder;
}

export function asText(text: string): string {
  return text;
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new Error(`应为 ${least} 至 ${most} 的整数 · must be a whole number from ${least} to ${most}`);
    }
    return number;
  };
}

export function oneOf<const T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((item) => item === text);
    if (found === undefined)
      throw new Error(`应为以下之一：${allowed.join('、')} · must be one of ${allowed.join(', ')}`);
    return found;
  };
}

export function listOf<const T extends string>(...allowed: readonly T[]): (text: string) => readonly T[] {
  return (text) => {
    const found = text.split(',').map((part) => oneOf(...allowed)(part.trim()));
    if (new Set(found).size < found.length) throw new Error('同一项出现两次 · names one item twice');
    return found;
  };
}

export function onOrOff(text: string): boolean {
  return oneOf('on', 'off')(text) === 'on';
}

export function databaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol) || url.pathname.length < 2) {
    throw new Error(
      '应为 postgresql://user:password@host:5432/database 形式的地址 · must be a URL of that form',
    );
  }
  return text;
}

/** From 0 to 1. */
export function share(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number > 1)
    throw new Error('应为 0 至 1 的数 · must be a number from 0 to 1');
  return number;
}

export function collectorUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new Error('应为 http:// 或 https:// 开头的地址 · must be a URL with http:// or https://');
  return text;
}

export function headerName(text: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(text))
    throw new Error('应为请求头的名称 · must be the name of a header');
  return text.toLowerCase();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
