import * as vscode from "vscode";
import type { Place } from "./place.ts";
import type { Problem } from "./problemList.ts";

/** More of one file are not looked at. */
const mostOfFile = 500;

/** The errors and warnings that the editor shows of a resource now. */
export function shownProblems(uri: vscode.Uri, place: Place): Problem[] {
  const path = place.pathOf(uri);
  const all = path === undefined ? [] : vscode.languages.getDiagnostics(uri);
  return path === undefined || all.length === 0 ? [] : toProblems(all, path, openDocument(uri));
}

export function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  const wanted = uri.toString();
  return vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.toString() === wanted);
}

function toProblems(all: readonly vscode.Diagnostic[], path: string, document: vscode.TextDocument | undefined): Problem[] {
  return all
    .filter(({ severity }) => severity <= vscode.DiagnosticSeverity.Warning)
    .slice(0, mostOfFile)
    .map(({ severity, message, range, code, source }) => ({
      path,
      line: range.start.line + 1,
      text: lineOf(document, range.start.line),
      severity: severity === vscode.DiagnosticSeverity.Error ? "error" : "warning",
      message,
      from: [source ?? "", String(typeof code === "object" ? code.value : (code ?? ""))].join(" ").trim(),
    }));
}

export function lineOf(document: vscode.TextDocument | undefined, line: number): string | undefined {
  return document !== undefined && line < document.lineCount ? document.lineAt(line).text.trim() : undefined;
}
