package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// maxPackage bounds one tarball and one file in it.
const maxPackage = 256 << 20

// lockFile is the part of package-lock.json that fetching needs.
type lockFile struct {
	Packages map[string]lockedPackage `json:"packages"`
}

// lockedPackage is one package as the lock pins it.
type lockedPackage struct {
	Version   string `json:"version"`
	Integrity string `json:"integrity"`
	License   string `json:"license"`
	Dev       bool   `json:"dev"`
	name      string
}

// readLock returns the locked packages by name.
func readLock(dir string) ([]lockedPackage, error) {
	text, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return nil, err
	}
	var lock lockFile
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("package-lock.json: %w", err)
	}
	var list []lockedPackage
	for key, p := range lock.Packages {
		if p.name = strings.TrimPrefix(key, "node_modules/"); p.name != "" {
			list = append(list, p)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	return list, nil
}

// fetch downloads every locked package that is not there yet and verifies it before a byte of it is written.
func fetch(dir string) error {
	list, err := readLock(dir)
	if err != nil {
		return err
	}
	registry := ""
	for _, p := range list {
		target := filepath.Join(dir, "node_modules", filepath.FromSlash(p.name))
		stamp := filepath.Join(target, ".integrity")
		if have, err := os.ReadFile(stamp); err == nil && string(have) == p.Integrity {
			continue
		}
		if registry == "" {
			if registry, err = registryURL(); err != nil {
				return err
			}
		}
		if err := fetchOne(registry, p, target); err != nil {
			return fmt.Errorf("package %s %s: %w", p.name, p.Version, err)
		}
		if err := os.WriteFile(stamp, []byte(p.Integrity), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// registryURL asks the environment, then npm, which registry this machine uses.
func registryURL() (string, error) {
	if u := os.Getenv("NPM_CONFIG_REGISTRY"); u != "" {
		return strings.TrimSuffix(u, "/"), nil
	}
	out, err := exec.Command("npm", "config", "get", "registry").Output()
	if err != nil {
		return "", fmt.Errorf("set NPM_CONFIG_REGISTRY to a package registry, or install npm: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSpace(string(out)), "/"), nil
}

// fetchOne downloads one tarball, checks its sha512 and unpacks it.
func fetchOne(registry string, p lockedPackage, target string) error {
	client := &http.Client{Timeout: 5 * time.Minute}
	res, err := client.Get(fmt.Sprintf("%s/%s/-/%s-%s.tgz", registry, p.name, path.Base(p.name), p.Version))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the registry answered %s", res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxPackage))
	if err != nil {
		return err
	}
	sum := sha512.Sum512(body)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != p.Integrity {
		return fmt.Errorf("the download has %s, the lock says %s", got, p.Integrity)
	}
	if err := os.RemoveAll(target); err != nil {
		return err
	}
	return unpack(body, p.name, target)
}

// unpack writes the files of a tarball below target; of the icon package only the icons in use.
func unpack(body []byte, name, target string) error {
	gz, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return err
	}
	tr := tar.NewReader(gz)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, rel, ok := strings.Cut(path.Clean(h.Name), "/")
		if !ok || h.Typeflag != tar.TypeReg || !filepath.IsLocal(rel) || !wanted(name, rel) {
			continue
		}
		if err := writeFile(filepath.Join(target, filepath.FromSlash(rel)), io.LimitReader(tr, maxPackage)); err != nil {
			return err
		}
	}
}

// wanted leaves out the thousands of icons that no page shows.
func wanted(name, rel string) bool {
	if name != iconPackage || !strings.HasPrefix(rel, "icons/") {
		return true
	}
	return strings.HasSuffix(rel, "_20_regular.svg") || strings.HasSuffix(rel, "_20_filled.svg")
}

// writeFile creates a file and the directories above it.
func writeFile(name string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
