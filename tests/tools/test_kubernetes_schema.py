"""What the API's specification says of an object becomes lines of the data."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"

TYPES = '''
package v1

// Policy says when.
// +enum
type Policy string

const (
	// Always is always.
	Always Policy = "Always"
	Never  Policy = "Never"
)

// Open may have others.
type Open string

const Some Open = "Some"

type Common struct {
	When Policy `json:"when,omitempty" protobuf:"bytes,1,opt,name=when"`
}

// Part is a part.
type Part struct {
	Common `json:",inline" protobuf:"bytes,1,req,name=common"`
	Days []*Policy `json:"days"`
	Open Open `json:"open"`
}
'''
SPECIFICATION = {
    "io.k8s.api.shop.v1.Shop": {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
            "spec": {"$ref": "#/definitions/io.k8s.api.shop.v1.Part"},
            "status": {"$ref": "#/definitions/io.k8s.api.shop.v1.Status"},
        },
        "required": ["spec"],
        "x-kubernetes-group-version-kind": [{"group": "shop.k8s.io", "version": "v1", "kind": "Shop"}],
    },
    "io.k8s.api.shop.v1.ShopList": {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {}}, "metadata": {"type": "object"}},
        "x-kubernetes-group-version-kind": [{"group": "shop.k8s.io", "version": "v1", "kind": "ShopList"}],
    },
    "io.k8s.api.shop.v1alpha1.Shop": {
        "type": "object",
        "properties": {"metadata": {"type": "object"}},
        "x-kubernetes-group-version-kind": [{"group": "shop.k8s.io", "version": "v1alpha1", "kind": "Shop"}],
    },
    "io.k8s.api.shop.v1.Status": {"type": "object", "properties": {"ready": {"type": "boolean"}}},
    "io.k8s.api.shop.v1.Part": {
        "type": "object",
        "properties": {
            "when": {"type": "string"},
            "days": {"type": "array", "items": {"type": "string"}},
            "open": {"type": "string"},
            "size": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
            "port": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "parts": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.shop.v1.Part"}},
            "raw": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.runtime.RawExtension"},
            "since": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time"},
            "ratio": {"type": "number"},
        },
        "required": ["open"],
    },
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
    "io.k8s.apimachinery.pkg.runtime.RawExtension": {"type": "object"},
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": {"type": "string"},
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object", "properties": {"name": {"type": "string"}}},
}


def test_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    sys.modules.pop("kubernetes_schema", None)
    import kubernetes_schema

    (tmp_path / "shop" / "v1").mkdir(parents=True)
    (tmp_path / "shop" / "v1" / "types.go").write_text(TYPES, encoding="utf-8")
    monkeypatch.setattr(kubernetes_schema, "NOT_REFUSED", {})
    body = kubernetes_schema.text("1.37.2", SPECIFICATION, kubernetes_schema.Enums(tmp_path))
    assert body.split("\n") == [
        "1.37",
        "=shop.k8s.io/v1/Shop\tshop.v1.Shop",
        "meta.v1.ObjectMeta\tname:s",
        "shop.v1.Part\tdays:[e(Always|Never)\tlabels:{s\topen:!s\tparts:[@shop.v1.Part\tport:x\tratio:n\traw:*"
        "\tsince:s\tsize:q\twhen:e(Always|Never)",
        "shop.v1.Shop\tapiVersion:s\tkind:s\tmetadata:@meta.v1.ObjectMeta\tspec:!@shop.v1.Part\tstatus:*",
        "",
    ]
