"""Defaults are read from the Go source of providers, where it tells them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"

MAIN = '''
package redis

import (
	"example.com/sdk/2024-01-01/redisresources"
)

func (r Registration) SupportedResources() map[string]*pluginsdk.Resource {
	return map[string]*pluginsdk.Resource{
		"azurerm_cache": resourceCache(),
	}
}

func resourceCache() *pluginsdk.Resource {
	resource := &pluginsdk.Resource{
		Create: cacheCreate,
		Importer: pluginsdk.ImporterValidating(func(id string) error {
			return nil
		}),
		Schema: map[string]*pluginsdk.Schema{
			"name": {Type: pluginsdk.TypeString, Required: true}, // Default: "no"
			"enabled": {
				Type:     pluginsdk.TypeBool,
				Optional: true,
				Default:  true,
			},
			"plain": {Type: pluginsdk.TypeBool, Optional: true},
			"computed": {Type: pluginsdk.TypeBool, Optional: true, Computed: true},
			"either": {Type: pluginsdk.TypeBool, Optional: true, ConflictsWith: []string{"plain"}},
			"tls": {Type: pluginsdk.TypeString, Optional: true, Default: string(redisresources.TlsVersionOnePointTwo)},
			"flagged": {Type: pluginsdk.TypeBool, Optional: true, Default: !features.FivePointZero()},
			"changed": {Type: pluginsdk.TypeBool, Optional: true, Default: false},
			"days": {Type: pluginsdk.TypeInt, Optional: true, Default: 7},
			"wrong": {Type: pluginsdk.TypeInt, Optional: true, Default: 7},
			"rule": {
				Type: pluginsdk.TypeList,
				Elem: &pluginsdk.Resource{
					Schema: map[string]*pluginsdk.Schema{
						"days": {Type: pluginsdk.TypeInt, Optional: true, Default: -1},
					},
				},
			},
			"shared": schemaShared(),
		},
	}
	for k, v := range more() {
		resource.Schema[k] = v
	}
	if !features.FivePointZero() {
		resource.Schema["changed"].Default = true
	}
	return resource
}

func schemaShared() *pluginsdk.Schema {
	return &pluginsdk.Schema{
		Type: pluginsdk.TypeList,
		Elem: &pluginsdk.Resource{
			Schema: map[string]*pluginsdk.Schema{
				"mode": {Type: pluginsdk.TypeString, Optional: true, Default: "Fast"},
			},
		},
	}
}
'''
KIND = {
    "name": "string!", "enabled": "bool?", "plain": "bool?", "computed": "bool?=", "either": "bool?", "tls": "string?",
    "flagged": "bool?", "changed": "bool?", "days": "number?", "wrong": "bool?",
    "rule": {"": "block:list?", "days": "number?"}, "shared": {"": "block:list1?", "mode": "string?"},
}  # fmt: skip


@pytest.fixture
def defaults_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(TOOLS))
    yield __import__("go_schemas").defaults_of
    for name in ("go_schemas", "go_literals"):
        sys.modules.pop(name, None)


def test_literals(tmp_path: Path, defaults_of: Any) -> None:
    (tmp_path / "cache_resource.go").write_text(MAIN)
    constants = tmp_path / "vendor/example.com/sdk/2024-01-01/redisresources/constants.go"
    constants.parent.mkdir(parents=True)
    constants.write_text('const (\n\tTlsVersionOnePointTwo TlsVersion = "1.2"\n)\n')
    found = defaults_of(tmp_path, {"azurerm_cache": KIND, "azurerm_absent": KIND})
    assert {path: value for path, value in found["azurerm_cache"].items() if value is not None} == {
        "enabled": True,
        "plain": False,
        "tls": "1.2",
        "days": 7,
        "rule.days": -1,
        "shared.mode": "Fast",
    }
    assert "azurerm_absent" not in found


def test_names_that_are_constants(tmp_path: Path, defaults_of: Any) -> None:
    """As the AWS provider writes them; the schema has the spelling."""
    (tmp_path / "func.resourceDB.goindex").write_text(
        "package example.com/db\n"
        "func resourceDB() *schema.Resource {\n\treturn &schema.Resource{\n"
        "\t\tSchemaFunc: func() map[string]*schema.Schema {\n\t\t\treturn map[string]*schema.Schema{\n"
        "\t\t\t\tnames.AttrKMSKeyID: {Type: schema.TypeString, Optional: true, Default: \"alias/x\"},\n"
        "\t\t\t\tnames.AttrStorageEncrypted: {Type: schema.TypeBool, Optional: true},\n"
        "\t\t\t}\n\t\t},\n\t}\n"
    )
    (tmp_path / "method.servicePackage.SDKResources.goindex").write_text(
        "package example.com/db\n"
        "func (p *servicePackage) SDKResources(ctx context.Context) []*inttypes.X {\n"
        '\treturn []*inttypes.X{\n\t\t{\n\t\t\tFactory:  resourceDB,\n\t\t\tTypeName: "aws_db",\n\t\t},\n\t}\n'
    )
    found = defaults_of(tmp_path, {"aws_db": {"kms_key_id": "string?", "storage_encrypted": "bool?"}})
    assert found == {"aws_db": {"kms_key_id": "alias/x", "storage_encrypted": False}}
